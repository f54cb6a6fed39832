"""Webhooks out (AF.52): what a real receiver is sent, what becomes of its answers, and what is in no log."""

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from antiphon.clock import SystemClock
from antiphon.core.effect import Attempted, Effect, KeptEffect
from antiphon.core.errors import SettingUnusable
from antiphon.ports import Clock
from antiphon.sinks.webhooks import endpoints, open_webhooks
from antiphon.testing import SettableClock
from tests.receiver import Answer, Receiver, receiving

OLD, NEW = ("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
EVENT = {"specversion": "1.0", "id": "run-1:run-completed", "type": "run.completed", "data": {"reason": "Grüße"}}
KEPT = KeptEffect(
    key="run-1:run-completed:1f2e",
    run_id="run-1",
    conversation_id="conversation-1",
    effect=Effect(kind="notify", payload={"event": EVENT}, repeatable=True),
    status="performing",
    due_at=datetime(2026, 1, 1, tzinfo=UTC),
    attempts=1,
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


async def send(
    url: str, *secrets: str, seconds: float = 5, clock: Clock | None = None, kept: KeptEffect = KEPT
) -> Attempted:
    told = endpoints("NOTIFY_URLS", [url])
    async with open_webhooks(told, secrets or (NEW,), clock or SystemClock(), timeout_seconds=seconds) as performers:
        (performer,) = performers.values()
        return await performer.perform(kept)


async def test_a_receiver_can_verify_what_it_is_sent(receiver: Receiver) -> None:
    assert await send(f"{receiver.url}/hook?token=t", NEW, OLD) == Attempted(outcome="done")
    (request,) = receiver.received
    assert request.path == "/hook?token=t"
    assert request.headers["content-type"] == "application/cloudevents+json"
    assert request.headers["webhook-id"] == KEPT.key
    assert json.loads(request.body) == EVENT
    for secret in (OLD, NEW):
        assert Webhook(secret).verify(request.body, request.headers) == EVENT
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(request.body + b" ", request.headers)


async def test_while_secrets_rotate_the_first_signs_first(receiver: Receiver) -> None:
    await send(receiver.url, NEW, OLD)
    (request,) = receiver.received
    at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
    signatures = [Webhook(secret).sign(KEPT.key, at, request.body.decode()) for secret in (NEW, OLD)]
    assert request.headers["webhook-signature"] == " ".join(signatures)


async def test_an_attempt_that_is_repeated_has_the_same_id_and_body_and_a_time_of_its_own(receiver: Receiver) -> None:
    clock = SettableClock()
    for _ in range(2):
        await send(receiver.url, clock=clock)
        clock.advance(600)
    one, other = receiver.received
    assert (one.headers["webhook-id"], one.body) == (other.headers["webhook-id"], other.body)
    assert int(other.headers["webhook-timestamp"]) - int(one.headers["webhook-timestamp"]) == 600


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_2xx_is_done(receiver: Receiver, status: int) -> None:
    receiver.answers.put(Answer(status=status))
    assert await send(receiver.url) == Attempted(outcome="done")


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
async def test_what_may_pass_is_tried_again(receiver: Receiver, status: int) -> None:
    receiver.answers.put(Answer(status=status))
    reason = f"127.0.0.1 answered {status}"
    assert await send(receiver.url) == Attempted(outcome="failed", reason=reason, retry=True)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422, 451])
async def test_what_will_not_pass_is_dead_at_once(receiver: Receiver, status: int) -> None:
    receiver.answers.put(Answer(status=status, headers={"retry-after": "1"}))
    reason = f"127.0.0.1 answered {status}"
    assert await send(receiver.url) == Attempted(outcome="failed", reason=reason, retry=False)


async def test_redirects_are_not_followed(receiver: Receiver) -> None:
    """Whoever answers at an address must not send private news elsewhere."""
    receiver.answers.put(Answer(status=307, headers={"location": f"{receiver.url}/elsewhere"}))
    attempted = await send(receiver.url)
    assert (attempted.outcome, attempted.retry) == ("failed", False)
    assert "redirects are not followed" in str(attempted.reason)
    assert len(receiver.received) == 1


CLOCK = SettableClock(datetime(2026, 1, 1, 9, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        (format_datetime(CLOCK.now() + timedelta(minutes=3), usegmt=True), 180.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("Mon, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
async def test_retry_after_is_read_as_seconds_or_as_a_date(
    receiver: Receiver, header: str, seconds: float | None
) -> None:
    receiver.answers.put(Answer(status=429, headers={"retry-after": header}))
    assert (await send(receiver.url, clock=CLOCK)).retry_after == seconds


async def test_who_cannot_be_reached_is_tried_again() -> None:
    attempted = await send("http://127.0.0.1:1/hook")
    assert (attempted.outcome, attempted.retry) == ("failed", True)
    assert str(attempted.reason).startswith("127.0.0.1 cannot be reached")


async def test_who_does_not_answer_in_time_may_have_it(receiver: Receiver) -> None:
    receiver.answers.put(Answer(hang=True))
    attempted = await send(receiver.url, seconds=0.2)
    assert attempted == Attempted(outcome="unknown", reason="127.0.0.1 did not answer within 0.2 s")


async def test_who_breaks_off_may_have_it(receiver: Receiver) -> None:
    receiver.answers.put(Answer(cut=True))
    attempted = await send(receiver.url)
    assert attempted.outcome == "unknown"
    assert str(attempted.reason).startswith("127.0.0.1 broke off")


async def test_a_large_answer_is_not_read(receiver: Receiver) -> None:
    receiver.answers.put(Answer(body=b"x" * 10_000_000))
    assert await send(receiver.url) == Attempted(outcome="done")


async def test_an_answer_that_never_ends_is_what_its_status_says(receiver: Receiver) -> None:
    for status, outcome in ((200, "done"), (503, "failed")):
        receiver.answers.put(Answer(status=status, body=b"x", headers={"content-length": "99"}))
        assert (await send(receiver.url, seconds=0.5)).outcome == outcome


async def test_nothing_confidential_is_logged_or_said(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    for answer in (Answer(), Answer(status=500), Answer(status=404), Answer(cut=True)):
        receiver.answers.put(answer)
        url = receiver.url.replace("http://", "http://user:sw0rdfish@") + "/hook/sw0rdfish?token=sw0rdfish"
        said.append(str(await send(url, NEW, OLD)))
    said.append(str(await send("http://user:sw0rdfish@127.0.0.1:1/sw0rdfish")))
    said += [caplog.text, repr(endpoints("NOTIFY_URLS", ["http://user:sw0rdfish@example.com/sw0rdfish"]))]
    assert receiver.received[0].path == "/hook/sw0rdfish?token=sw0rdfish"
    for text in said:
        assert "sw0rdfish" not in text
        assert NEW.removeprefix("whsec_") not in text


def test_each_address_has_one_id_and_is_told_once() -> None:
    urls = ["https://example.com/a", "https://example.com/b", "https://example.com/a"]
    one, other = endpoints("NOTIFY_URLS", urls)
    assert one.receiver.host == other.receiver.host == "example.com"
    assert one.receiver.id != other.receiver.id
    assert endpoints("NOTIFY_URLS", urls[1:])[1] == one
    assert replace(one, url="") != one


@pytest.mark.parametrize(
    "wrong", ["example.com", "ftp://sw0rdfish.example.com", "http://", "//x", "http://x:sw0rdfish"]
)
def test_an_address_that_cannot_be_posted_to_is_refused_by_its_number(wrong: str) -> None:
    with pytest.raises(SettingUnusable, match="NOTIFY_URLS cannot be used: address 2") as refused:
        endpoints("NOTIFY_URLS", ["https://example.com", wrong])
    assert "sw0rdfish" not in str(refused.value)
