"""A hostile user: whatever comes in, no answer is a 500 and nobody else waits for it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.api.autoflow.flow import ASKING, Flow, a_word

pytestmark = pytest.mark.anyio

CROWD = 300  # connections at once; more than a server has threads, fewer than a test may open
SECONDS = 20.0  # for an answer on a busy machine
INQUIRY = {"sender_name": "Ada", "sender_email": "ada@example.com", "subject": "A question", "body": ASKING}
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)


def sent(flow: Flow, body: bytes | str, content_type: str = "application/json") -> httpx.Response:
    """An answer to a body as it is."""
    return flow.client.post("/api/v1/webhook", content=body, headers={"Content-Type": content_type})


@asynccontextmanager
async def crowd(flow: Flow, *first: str) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Connections that begin with these words, one after the other, and go on with nothing; then they are dropped."""
    port = flow.server.port
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CROWD)]
    for number, (_, writer) in enumerate(opened):
        writer.write(first[number % len(first)].encode())
    try:
        yield [reader for reader, _ in opened]
    finally:
        for _, writer in opened:
            writer.transport.abort()


async def works(flow: Flow) -> None:
    """The server serves, and works what is brought."""
    assert (await asyncio.to_thread(flow.work))["status"] == "completed"


@pytest.mark.parametrize("field", list(INQUIRY))
@pytest.mark.parametrize("text", ["\\ud800x", "\\udc00\\ud800", "a\\u0000b"])
def test_af_18_half_a_character_is_refused_in_every_field(flow: Flow, field: str, text: str) -> None:
    fields = {**INQUIRY, field: "@@"}
    answer = sent(flow, json.dumps(fields).replace("@@", text))
    assert answer.status_code == 422
    assert answer.json()["details"][0]["loc"] == ["body", field]


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"null",
            b"[]",
            b"1",
            b'"x"',
            b"{",
            b"[" * 100_000,
            b"\x00",
            b'{"\\ud800": 1}',
            b'{"sender_name":"\xed\xa0\x80"}',
        ),
        json.dumps({**INQUIRY, "metadata": {"a": "@@"}}).replace('"@@"', "[" * 100_000 + "]" * 100_000).encode(),
        json.dumps({**INQUIRY, "metadata": {"a": "@@"}}).replace('"@@"', '{"a":' * 9_000 + "1" + "}" * 9_000).encode(),
        json.dumps({**INQUIRY, "metadata": {"a": "@@"}}).replace('"@@"', "9" * 500_000).encode(),
        json.dumps({**INQUIRY, "body": "x" * 1_100_000}).encode(),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_af_18_a_body_of_rubbish_is_refused(flow: Flow, body: bytes) -> None:
    assert sent(flow, body).status_code in {400, 413, 422}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded", "x"]
)
def test_af_18_another_content_type_is_refused(flow: Flow, content_type: str) -> None:
    assert sent(flow, json.dumps(INQUIRY), content_type).status_code == 422


def test_af_3_metadata_may_hold_what_could_not_be_stored(flow: Flow) -> None:
    metadata = '{"\\ud800": "a\\u0000b", "many": [' + "1," * 100_000 + "1]}"
    answer = sent(flow, json.dumps({**INQUIRY, "metadata": "@@"}).replace('"@@"', metadata))
    assert answer.status_code == 200
    assert flow.ended(answer.json()["run_id"])["status"] == "completed"


@pytest.mark.parametrize("name", ["%00", "a%00b", "%ff", "%ed%a0%80", "a" * 3000, "%20", "*", "'%20or%201=1--", "-1"])
def test_af_8_an_id_that_is_none_is_an_unknown_id(flow: Flow, name: str) -> None:
    assert flow.client.get(f"/api/v1/status/{name}").status_code == 404
    assert flow.client.get(f"/api/v1/runs/{name}").status_code == 404
    assert flow.client.get(f"/api/v1/status/{name}/steps").json() == []
    deleted = flow.client.delete(f"/api/v1/runs/{name}")
    assert (deleted.status_code, deleted.json()["deleted"]) == (200, False)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "TRACE"])
def test_af_3_another_method_is_refused(flow: Flow, method: str) -> None:
    assert flow.client.request(method, "/api/v1/webhook").status_code == 405


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Idempotency-Key", value) for value in (b"\xff\xfe", b"\xed\xa0\x80", b"%00", b"k" * 60_000)),
        *(("X-Request-ID", value) for value in (b"\xff" * 50, b"r" * 5000)),
        *(("traceparent", value) for value in (b"rubbish", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01")),
        *((name, b"\xff" * 300) for name in ("X-API-Key", "X-Admin-Key", "Cookie", "Accept", "webhook-id")),
    ],
)
def test_rubbish_in_a_header_is_no_reason_to_break(flow: Flow, name: str, value: bytes) -> None:
    headers = {name.encode(): value}
    answer = flow.client.post("/api/v1/webhook", json=INQUIRY, headers=headers)
    assert answer.status_code == 200
    assert 0 < len(answer.headers["x-request-id"]) <= 128


async def test_requests_that_never_end_hold_nobody_up(flow: Flow) -> None:
    head = "POST /api/v1/webhook HTTP/1.1\r\nHost: localhost\r\nContent-Ty"
    body = f"{head}pe: application/json\r\nContent-Length: 1000000\r\n\r\n{{"
    async with crowd(flow, head, body):
        await works(flow)
    await works(flow)


async def test_watchers_that_come_and_go_leave_nothing(flow: Flow) -> None:
    """AF.6: half of them do not even wait for the greeting."""
    words = [f"GET /api/v1/ws/{a_word()} HTTP/1.1\r\nHost: localhost\r\n{UPGRADE}" for _ in range(CROWD)]
    async with crowd(flow, *words):
        pass
    async with crowd(flow, *words) as readers:
        async with asyncio.timeout(SECONDS):
            greetings = [await reader.readuntil(b"\r\n\r\n") for reader in readers]
        assert all(greeting.startswith(b"HTTP/1.1 101") for greeting in greetings)
        await works(flow)
    await works(flow)


async def test_af_9_many_who_delete_what_is_being_worked(flow: Flow) -> None:
    """Each run is deleted once, whatever its worker is at, and nothing of it comes back."""
    async with httpx.AsyncClient(base_url=flow.server.url, timeout=SECONDS) as client:
        brought = await asyncio.gather(*(client.post("/api/v1/webhook", json=INQUIRY) for _ in range(60)))
        runs = [answer.json()["run_id"] for answer in brought]
        gone = await asyncio.gather(*(client.delete(f"/api/v1/runs/{run_id}") for run_id in runs for _ in range(3)))
        assert {answer.status_code for answer in gone} == {200}
        assert Counter(answer.json()["run_id"] for answer in gone if answer.json()["deleted"]) == Counter(runs)
        await works(flow)
        for run_id in runs:
            assert (await client.get(f"/api/v1/status/{run_id}")).status_code == 404
            assert (await client.get(f"/api/v1/status/{run_id}/steps")).json() == []


async def test_af_15_many_at_once_with_one_key_and_two_bodies(flow: Flow) -> None:
    """One of the bodies wins; whoever sends the other one is told so."""
    key = {"Idempotency-Key": a_word()}
    async with httpx.AsyncClient(base_url=flow.server.url, timeout=SECONDS) as client:
        bodies = [{**INQUIRY, "body": f"{ASKING} {number % 2}"} for number in range(40)]
        answers = await asyncio.gather(*(client.post("/api/v1/webhook", json=body, headers=key) for body in bodies))
    assert Counter(answer.status_code for answer in answers) == {200: 20, 422: 20}
    assert len({answer.json()["run_id"] for answer in answers if answer.status_code == 200}) == 1


def test_af_15_the_name_of_the_key_s_header_is_without_case_and_the_key_is_not(flow: Flow) -> None:
    word = a_word()
    first = flow.post(headers={"IDEMPOTENCY-KEY": word}).json()["run_id"]
    assert flow.post(headers={"idempotency-key": word}).json()["run_id"] == first
    assert flow.post(headers={"Idempotency-Key": word.upper()}).json()["run_id"] != first
