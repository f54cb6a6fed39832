"""Signals: what a run ends with, for whoever waits, in one process and in many."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from antiphon.core.names import RunId
from antiphon.core.run import Outcome
from antiphon.ports import Signals
from antiphon.signals.redis import FINISHED
from antiphon.testing import SettableClock
from tests.contracts.hot import HOT_KINDS, End, HotKind, open_redis, two_ends
from tests.server import free_port

OUTCOME = Outcome(
    status="escalated",
    reply="Wir melden uns. 🙂\nBis dann",
    intent="complaint",
    confidence=0.25,
    reason="High severity",
    facts={"lead_score": 0.5, "tags": ["a", None], "nested": {"n": 1}},
)


@pytest.fixture(params=HOT_KINDS)
async def ends(request: pytest.FixtureRequest, clock: SettableClock) -> AsyncIterator[tuple[End, End]]:
    kind: HotKind = request.param
    async with two_ends(kind, request.getfixturevalue("redis_url") if kind == "redis" else "", clock) as ends:
        yield ends


@pytest.fixture
def run_id() -> RunId:
    return str(uuid.uuid4())


async def outcome(finished: "asyncio.Future[Outcome]") -> Outcome:
    async with asyncio.timeout(5):
        return await finished


async def heard_all_before(sender: Signals, hearer: Signals) -> None:
    """Whatever the sender said before this has reached the hearer."""
    last = str(uuid.uuid4())
    finished = hearer.finished(last)
    sender.finish(last, Outcome(status="completed"))
    await outcome(finished)


async def test_whoever_waits_is_told_in_every_process(ends: tuple[End, End], run_id: RunId) -> None:
    here, there = ends
    waiting = [here.signals.finished(run_id), here.signals.finished(run_id), there.signals.finished(run_id)]
    there.signals.finish(run_id, OUTCOME)
    assert [await outcome(finished) for finished in waiting] == [OUTCOME] * 3


async def test_whoever_waits_in_the_same_process_is_told_at_once(ends: tuple[End, End], run_id: RunId) -> None:
    finished = ends[0].signals.finished(run_id)
    ends[0].signals.finish(run_id, OUTCOME)
    assert finished.done()
    assert await finished == OUTCOME


async def test_what_nobody_waits_for_is_gone(ends: tuple[End, End], run_id: RunId) -> None:
    here, there = ends
    there.signals.finish(run_id, OUTCOME)
    await heard_all_before(there.signals, here.signals)
    finished = here.signals.finished(run_id)
    await heard_all_before(there.signals, here.signals)
    assert not finished.done()
    finished.cancel()


async def test_other_runs_are_not_meant(ends: tuple[End, End], run_id: RunId) -> None:
    here, there = ends
    finished = here.signals.finished(run_id)
    await heard_all_before(there.signals, here.signals)
    assert not finished.done()
    finished.cancel()


async def test_who_waits_no_more_is_no_hindrance(ends: tuple[End, End], run_id: RunId) -> None:
    here, there = ends
    impatient, patient = here.signals.finished(run_id), here.signals.finished(run_id)
    impatient.cancel()
    there.signals.finish(run_id, OUTCOME)
    assert await outcome(patient) == OUTCOME
    assert impatient.cancelled()


async def test_what_cannot_be_read_is_passed_over(redis_url: str, run_id: RunId) -> None:
    """A process of another version speaks on the same channel."""
    async with open_redis(redis_url) as here, open_redis(redis_url) as there:
        finished = here.signals.finished(run_id)
        for told in ("", "x", f"m {run_id} ", f"m {run_id} []", f'm {run_id} {{"later": 1}}', f"m \udcff {run_id}"):
            await there.link.send(("PUBLISH", FINISHED, told.encode(errors="surrogateescape")))
        await heard_all_before(there.signals, here.signals)
        assert not finished.done()
        there.signals.finish(run_id, OUTCOME)
        assert await outcome(finished) == OUTCOME


async def test_promise_8_waiting_in_this_process_needs_no_redis(run_id: RunId) -> None:
    async with open_redis(f"redis://127.0.0.1:{free_port()}/0") as alone:
        assert alone.link.away
        finished = alone.signals.finished(run_id)
        alone.signals.finish(run_id, OUTCOME)
        assert await outcome(finished) == OUTCOME
