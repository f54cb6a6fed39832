"""A backend that misbehaves: each kind of trouble is an error that says what, where and what to do."""

import asyncio

import pytest

from antiphon.core.errors import (
    BackendAnswerInvalid,
    BackendAway,
    BackendCallInvalid,
    BackendError,
    BackendFailed,
    BackendRefused,
)
from tests.backend.conftest import QUERIES, Connect
from tests.backend.server import (
    Business,
    DoneThenSilent,
    Flood,
    Trouble,
    answers,
    breaks_off,
    hangs,
    trickles,
)
from tests.server import free_port


class SetClock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def failure(
    connect: Connect, system: Business, trouble: Trouble, kind: type[BackendError], **given: object
) -> BackendError:
    """What one try comes to."""
    system.troubles = [trouble]
    with pytest.raises(kind) as raised:
        await connect(tries=1, **given).get_contact("D001")
    return raised.value


async def test_500_is_a_failure_of_the_backend(system: Business, connect: Connect) -> None:
    error = await failure(connect, system, answers(500, b"<h1>Secret trace</h1>"), BackendFailed)

    assert "get_contact (GET /contacts/{contact_id}): it answered 500" in str(error)
    assert "D001" not in str(error)
    assert (error.unknown, error.retry) == (True, True)


@pytest.mark.parametrize("trouble", [hangs, trickles])
async def test_no_answer_in_time_is_a_failure(system: Business, connect: Connect, trouble: Trouble) -> None:
    error = await asyncio.wait_for(failure(connect, system, trouble, BackendFailed, timeout_seconds=0.3), 5)

    assert "no complete answer within 0.3 s" in str(error)


async def test_a_connection_that_breaks_is_a_failure(system: Business, connect: Connect) -> None:
    assert "the connection broke" in str(await failure(connect, system, breaks_off, BackendFailed))


async def test_50_megabytes_are_refused_early(system: Business, connect: Connect) -> None:
    flood = Flood()
    error = await failure(connect, system, flood, BackendAnswerInvalid)

    assert "larger than 2,000,000 bytes" in str(error)
    assert "backend.max_answer_bytes" in str(error)
    assert flood.sent < 20_000_000  # what was under way in buffers; not all of it


async def test_a_stated_length_too_large_is_refused_unread(system: Business, connect: Connect) -> None:
    async def boasts(asked: object, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 50000000\r\n\r\n")
        await writer.drain()
        return True

    error = await asyncio.wait_for(failure(connect, system, boasts, BackendAnswerInvalid, timeout_seconds=30), 5)
    assert "larger than" in str(error)


async def test_a_compressed_answer_is_refused(system: Business, connect: Connect) -> None:
    """A few compressed bytes may be gigabytes; we ask for none, and take none."""
    trouble = answers(200, b"\x1f\x8b", more="Content-Encoding: gzip\r\n")

    assert "compressed" in str(await failure(connect, system, trouble, BackendAnswerInvalid))


@pytest.mark.parametrize("body", [b"<html>hello</html>", b'{"id": ', b"[" * 100_000, b'{"a": NaN}', b'"\xff"'])
async def test_what_is_no_json_is_said(system: Business, connect: Connect, body: bytes) -> None:
    error = await failure(connect, system, answers(200, body, kind="text/html; charset=x"), BackendAnswerInvalid)

    assert "it is no JSON, but text/html" in str(error)
    assert "backend.base_url" in str(error)


@pytest.mark.parametrize("body", [b"[1]", b'"hello"', b'{"name": "no id"}'])
async def test_json_of_another_shape_is_said(system: Business, connect: Connect, body: bytes) -> None:
    error = await failure(connect, system, answers(200, body), BackendAnswerInvalid)

    assert "backend.endpoints.get_contact" in str(error)


@pytest.mark.parametrize(("status", "advice"), [(403, "auth_credentials"), (422, "endpoints.get_contact")])
async def test_a_refusal_says_what_to_look_at(system: Business, connect: Connect, status: int, advice: str) -> None:
    error = await failure(connect, system, answers(status, b'{"error": "because of Ann"}'), BackendRefused)

    assert str(status) in str(error)
    assert advice in str(error)
    assert "Ann" not in str(error)  # it may be personal
    assert "because of Ann" in error.answer
    assert (error.unknown, error.retry) == (False, False)


async def test_redirects_are_not_followed(system: Business, connect: Connect) -> None:
    trouble = answers(302, b"", more="Location: http://127.0.0.1:1/elsewhere\r\n")

    assert "redirects are not followed" in str(await failure(connect, system, trouble, BackendRefused))
    assert len(system.asked) == 1


async def test_nobody_at_the_address(connect: Connect) -> None:
    with pytest.raises(BackendAway, match="no connection") as away:
        await connect(base_url=f"http://127.0.0.1:{free_port()}", tries=1).get_contact("D001")

    assert (away.value.unknown, away.value.retry) == (False, True)
    assert "backend.base_url" in str(away.value)


async def test_reads_are_tried_again(system: Business, connect: Connect) -> None:
    system.troubles = [answers(500), breaks_off]

    found = await connect().get_contact("D001")

    assert found is not None
    assert len(system.asked) == 3


async def test_graphql_queries_are_tried_again_and_mutations_without_a_key_are_not(
    system: Business, connect: Connect
) -> None:
    backend = connect(type="graphql", base_url=f"{system.url}/graphql", endpoints=QUERIES)
    system.troubles = [answers(502)]
    assert await backend.get_contact("D001") is not None

    system.troubles = [answers(502)]
    with pytest.raises(BackendFailed):
        await backend.update_followup_status("FU001", "completed")
    assert system.updates == []


async def test_a_change_without_a_key_is_tried_once(system: Business, connect: Connect) -> None:
    system.troubles = [DoneThenSilent(system)]

    with pytest.raises(BackendFailed) as failed:
        await connect().update_followup_status("FU001", "completed")

    assert failed.value.unknown
    assert len(system.asked) == 1


async def test_a_change_with_a_key_is_tried_again_and_made_once(system: Business, connect: Connect) -> None:
    system.troubles = [DoneThenSilent(system)]

    await connect().update_followup_status("FU001", "completed", key="run:3")

    assert [asked.headers["idempotency-key"] for asked in system.asked] == ["run:3", "run:3"]
    assert len(system.updates) == 1


async def test_too_many_requests_wait_as_long_as_asked(system: Business, connect: Connect) -> None:
    system.troubles = [answers(429, more="Retry-After: 1\r\n")]
    loop = asyncio.get_running_loop()
    began = loop.time()

    assert await connect().get_contact("D001") is not None
    assert loop.time() - began >= 1


async def test_a_long_wait_is_left_to_the_caller(system: Business, connect: Connect) -> None:
    system.troubles = [answers(429, more="Retry-After: 3600\r\n")]

    with pytest.raises(BackendAway) as away:
        await asyncio.wait_for(connect().get_contact("D001"), 5)

    assert away.value.after_seconds == 3600
    assert len(system.asked) == 1


async def test_after_failures_in_a_row_it_is_left_alone(system: Business, connect: Connect) -> None:
    clock = SetClock()
    backend = connect(clock, tries=1, breaker_failures=3, breaker_rest_seconds=30)
    system.troubles = [answers(500)] * 3
    for _ in range(3):
        with pytest.raises(BackendFailed):
            await backend.get_contact("D001")

    with pytest.raises(BackendAway, match="left alone for another 30 s"):
        await backend.get_contact("D001")
    with pytest.raises(BackendAway):
        await backend.check()
    assert len(system.asked) == 3

    clock.now += 30
    assert await backend.get_contact("D001") is not None
    await backend.check()


async def test_refusals_do_not_count_as_failures(system: Business, connect: Connect) -> None:
    backend = connect(tries=1, breaker_failures=2)
    system.troubles = [answers(500), answers(422), answers(500), answers(429), answers(429)]
    kinds: list[type[BackendError]] = []
    for _ in range(5):
        with pytest.raises(BackendError) as raised:
            await backend.get_contact("D001")
        kinds.append(type(raised.value))

    assert kinds == [BackendFailed, BackendRefused, BackendFailed, BackendAway, BackendAway]
    assert await backend.get_contact("D001") is not None


async def test_entries_that_cannot_be_read_are_left_out_and_said(
    system: Business, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Data needs a contact_id, else it is skipped."""
    system.troubles = [answers(200, b'[{"id": "FU1"}, 5, {"id": "FU2", "contact_id": 7, "amount": "12.5"}]')]

    (item,) = await connect().get_pending_followups()

    assert (item.id, item.contact_id, item.amount) == ("FU2", "7", 12.5)
    assert "2 entries" in caplog.text
    assert "FU1 has no field contact_id" in caplog.text


async def test_graphql_errors_are_refusals(system: Business, connect: Connect) -> None:
    backend = connect(type="graphql", base_url=f"{system.url}/graphql", endpoints={"odd": "query { nonsense }"})

    with pytest.raises(BackendRefused, match="names errors") as refused:
        await backend.call_endpoint("odd", {})
    assert "Cannot query field nonsense" in refused.value.answer


@pytest.mark.parametrize("kind", ["rest", "graphql"])
async def test_an_endpoint_that_is_not_set_is_refused_unsent(system: Business, connect: Connect, kind: str) -> None:
    backend = connect(type=kind, endpoints={"known": "/known" if kind == "rest" else "{ known }"})

    with pytest.raises(BackendCallInvalid, match=r"no such name|no query"):
        await backend.call_endpoint("http://evil.example/", {})
    assert system.asked == []


async def test_twenty_callers_at_once(system: Business, connect: Connect) -> None:
    backend = connect()

    found = await asyncio.gather(*(backend.get_contact("D001") for _ in range(60)))

    assert all(one is not None for one in found)
