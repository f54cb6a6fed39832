"""Effects are kept (promise 4): performed once, side by side, soon after their commit, and never twice at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from antiphon.core.effect import Attempted, Effect, KeptEffect
from antiphon.core.errors import EffectElsewhere, EffectNotFound, StoreUnavailable
from antiphon.core.lead import Lead
from antiphon.core.notice import Receiver, Subscription
from antiphon.engine.engine import Limits
from antiphon.engine.perform import EFFECTS
from antiphon.engine.receive import receive
from antiphon.engine.replay import cancel, replay, replay_all
from antiphon.ports import EffectQuery, Performer
from antiphon.testing import MemoryStore, RecordingPerformer
from tests.engine.bench import Bench, bench, message

LATE = Limits(sweep_seconds=2)  # whatever comes within a second was not found by a sweep
_ANY = EffectQuery(limit=100)
PAUSE = 60 * 1.2  # the first pause with all that chance may add


@dataclass
class Slow:
    """A performer that a test holds up."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[str] = field(default_factory=list)

    async def perform(self, effect: KeptEffect) -> Attempted:
        self.begun.append(effect.key)
        await self.go.wait()
        return Attempted(outcome="done")


@asynccontextmanager
async def at_work(b: Bench) -> AsyncIterator[None]:
    running = b.service.start()
    try:
        yield
    finally:
        await b.service.drain(running)


async def look(b: Bench) -> int:
    """What a sweep does, to its end."""
    found = await b.service.performing.look()
    await b.service.performing.finish()
    return found


async def until(true: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what performers leave behind; the timeout bounds it
            await asyncio.sleep(0.001)


async def promised(performer: Performer, *, limits: Limits | None = None, **effect: Any) -> tuple[Bench, str]:
    b = bench(performers={"notify": performer}, limits=limits)
    b.work.proposal = {"effects": (Effect(kind="notify", payload={"n": 1}, **effect),)}
    response = await b.service.respond(message("hello"))
    return b, f"{response.run_id}:0"


async def state(b: Bench, key: str) -> tuple[str, int, str | None]:
    kept = await b.store.effect(key)
    assert kept is not None
    return kept.status, kept.attempts, kept.reason


# What becomes of one


async def test_promise_4_an_effect_is_performed_once_under_its_key() -> None:
    performer = RecordingPerformer()
    b, key = await promised(performer)
    assert [await look(b), await look(b)] == [1, 0]
    assert performer.keys == [key]
    assert await state(b, key) == ("done", 1, None)


async def test_a_failure_is_tried_again_later_and_dead_after_the_last_attempt() -> None:
    performer = RecordingPerformer([Attempted(outcome="failed", reason="no route")] * 3)
    b, key = await promised(performer)
    for wait in (PAUSE, 2 * PAUSE, 4 * PAUSE):
        assert [await look(b), await look(b)] == [1, 0]
        b.clock.advance(wait)
    assert await look(b) == 0
    assert performer.keys == [key] * 3
    assert await state(b, key) == ("dead", 3, "no route")


async def test_pauses_are_as_long_as_configured_and_differ() -> None:
    """What failed together does not come again together."""
    effects = (Effect(kind="notify"),) * 20
    b = bench(
        performers={"notify": RecordingPerformer([Attempted(outcome="failed")] * 20)}, limits=Limits(retry_seconds=5)
    )
    b.work.proposal = {"effects": effects}
    run_id = (await b.service.respond(message("hello"))).run_id
    while await look(b):
        pass
    kept = [await b.store.effect(f"{run_id}:{place}") for place in range(20)]
    pauses = {(one.due_at - b.clock.now()).total_seconds() for one in kept if one}
    assert len(pauses) > 10
    assert all(5 <= pause <= 6 for pause in pauses)


async def test_an_unknown_outcome_is_parked_and_never_repeated_blindly() -> None:
    performer = RecordingPerformer([RuntimeError("the line broke")])
    b, key = await promised(performer)
    await look(b)
    b.clock.advance(10_000)
    await look(b)
    assert performer.keys == [key]
    assert await state(b, key) == ("parked", 1, "RuntimeError: the line broke")


async def test_an_attempt_that_hangs_is_an_unknown_outcome() -> None:
    slow = Slow()
    b, key = await promised(slow, limits=Limits(effect_seconds=0.01))
    await look(b)
    assert await state(b, key) == ("parked", 1, "no outcome within 0.01 s")


async def test_an_unknown_outcome_is_repeated_where_the_other_side_knows_the_key() -> None:
    performer = RecordingPerformer([Attempted(outcome="unknown", reason="time-out")])
    b, key = await promised(performer, repeatable=True)
    await look(b)
    b.clock.advance(PAUSE)
    await look(b)
    assert performer.keys == [key, key]
    assert (await state(b, key))[0] == "done"


async def test_an_effect_whose_performer_died_is_parked() -> None:
    performer = RecordingPerformer()
    b, key = await promised(performer)
    await b.store.claim_due("a process that dies", b.clock.now(), 10)
    b.clock.advance(31)
    await look(b)
    assert performer.keys == []
    assert (await state(b, key))[0] == "parked"


async def test_an_effect_that_nobody_performs_is_dead_and_says_so() -> None:
    b, key = await promised(RecordingPerformer())
    b.service.engine.performers.pop("notify")  # type: ignore[attr-defined]
    await look(b)
    assert await state(b, key) == ("dead", 1, "nothing here performs effects of kind notify")


# Soon


async def test_an_effect_is_performed_right_after_its_commit() -> None:
    performer = RecordingPerformer()
    b = bench(performers={"notify": performer}, limits=LATE)
    b.work.proposal = {"effects": (Effect(kind="notify"),)}
    async with at_work(b):
        await asyncio.sleep(0.01)  # until it has looked once, and waits
        run_id = (await b.service.respond(message("hello"))).run_id
        await until(lambda: performer.keys == [f"{run_id}:0"], seconds=1)


async def test_an_effect_that_is_due_later_wakes_nobody() -> None:
    performer = RecordingPerformer()
    b = bench(performers={"notify": performer}, works=False)
    b.work.proposal = {"effects": (Effect(kind="notify", due_at=b.clock.now().replace(year=2030)),)}
    await b.service.respond(message("hello"))
    assert await b.service.engine.wake_ups.next(0.01) is None


async def test_a_process_without_background_work_wakes_another() -> None:
    b = bench(works=False)
    b.work.proposal = {"effects": (Effect(kind="notify"),)}
    await b.service.respond(message("hello"))
    assert await b.service.engine.wake_ups.next(0.01) == EFFECTS


async def test_a_worker_that_another_process_wakes_looks_at_once() -> None:
    performer = RecordingPerformer([Attempted(outcome="failed", retry=False)])
    b, key = await promised(performer, limits=LATE)
    await look(b)
    b.service.performing._news.clear()
    async with at_work(b):
        await asyncio.sleep(0.01)  # until it has looked once, and waits
        await b.store.replay(key, b.clock.now(), attempts=1)  # by another process
        b.service.engine.wake_ups.wake(EFFECTS)
        await until(lambda: performer.keys == [key, key], seconds=1)


# Side by side


async def test_a_slow_receiver_holds_up_its_own_effects_only() -> None:
    """Its effects are many, and the older ones; the other's are performed all the same, and conversations worked."""
    slow, quick = Slow(), RecordingPerformer()
    b = bench(performers={"slow": slow, "quick": quick}, limits=Limits(sweep_seconds=0.01, effects_at_once=4))
    b.work.proposal = {"effects": (*(Effect(kind="slow"),) * 50, *(Effect(kind="quick"),) * 9)}
    async with at_work(b):
        await b.service.respond(message("hello"))
        await until(lambda: len(quick.keys) == 9)
        assert 2 <= len(slow.begun) <= 4
        b.work.proposal = {}
        await receive(b.service.engine, message("and another", "bob"))
        await until(lambda: "and another" in b.work.seen)
        slow.go.set()
        await until(lambda: len(slow.begun) == 50)
    assert len(set(slow.begun)) == 50


async def test_what_was_left_of_a_busy_kind_is_taken_up_as_soon_as_it_is_free() -> None:
    """No sweep is waited for."""
    slow = Slow()
    b = bench(performers={"slow": slow}, limits=Limits(sweep_seconds=2, effects_at_once=4))
    b.work.proposal = {"effects": (Effect(kind="slow"),) * 20}
    async with at_work(b):
        await b.service.respond(message("hello"))
        await until(lambda: len(slow.begun) >= 3)
        await asyncio.sleep(0.05)  # until it has seen that there is no room for more
        slow.go.set()
        await until(lambda: len(slow.begun) == 20, seconds=1)


async def test_an_effect_is_not_performed_twice_while_its_performer_lives() -> None:
    slow = Slow()
    b = bench(performers={"slow": slow}, limits=Limits(sweep_seconds=0.01, heartbeat_seconds=0.01))
    b.work.proposal = {"effects": (Effect(kind="slow"),)}
    async with at_work(b):
        await b.service.respond(message("hello"))
        await until(lambda: len(slow.begun) == 1)
        for _ in range(4):
            b.clock.advance(20)  # more than a lease, in all
            await asyncio.sleep(0.05)  # several heartbeats and sweeps
        assert await b.store.claim_due("another", b.clock.now(), 10) == []
        slow.go.set()
    assert len(slow.begun) == 1
    assert [kept.status for kept in (await b.store.effects(_ANY))] == ["done"]


async def test_a_stop_finishes_the_attempts_under_way_and_begins_no_more() -> None:
    slow = Slow()
    b = bench(performers={"slow": slow}, limits=Limits(sweep_seconds=0.01, effects_at_once=2))
    b.work.proposal = {"effects": (Effect(kind="slow"),) * 9}
    running = b.service.start()
    await b.service.respond(message("hello"))
    await until(lambda: len(slow.begun) == 2)
    stopping = asyncio.create_task(b.service.drain(running))
    await asyncio.sleep(0)
    slow.go.set()
    await stopping
    statuses = [kept.status for kept in await b.store.effects(_ANY)]
    assert len(slow.begun) == statuses.count("done") == 2
    assert statuses.count("pending") == 7


async def test_an_outcome_is_stored_when_the_store_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known is not lost; the effect is not parked because the database was away for a moment."""
    performer, away = RecordingPerformer(), 3
    b, key = await promised(performer, limits=Limits(sweep_seconds=0.01))
    settle = MemoryStore.settle

    async def refuse(self: MemoryStore, effect: KeptEffect) -> None:
        nonlocal away
        if away:
            away -= 1
            raise StoreUnavailable(reason="away")
        await settle(self, effect)

    monkeypatch.setattr(MemoryStore, "settle", refuse)
    async with at_work(b):
        await settled(b, key)
    assert performer.keys == [key]


async def test_looking_goes_on_after_the_store_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    performer = RecordingPerformer()
    b, key = await promised(performer, limits=Limits(sweep_seconds=0.01))
    claim_due, errors = MemoryStore.claim_due, [StoreUnavailable(reason="away"), ValueError("a defect")]

    async def refuse(self: MemoryStore, *given: Any, **named: Any) -> list[KeptEffect]:
        if errors:
            raise errors.pop()
        return await claim_due(self, *given, **named)

    monkeypatch.setattr(MemoryStore, "claim_due", refuse)
    async with at_work(b):
        await settled(b, key)


async def settled(b: Bench, key: str) -> None:
    async with asyncio.timeout(5):
        while (await state(b, key))[0] != "done":  # noqa: ASYNC110 - what the store says; the timeout bounds it
            await asyncio.sleep(0.001)


# Notices


async def test_af_52_notices_are_committed_with_their_turn() -> None:
    receiver = Receiver(id="1f2e", host="example.com")
    performer = RecordingPerformer()
    b = bench(performers={receiver.kind: performer}, notify=Subscription(receivers=(receiver,)))
    b.work.proposal = {"leads": (Lead(id="LEAD-00001", form="signup", values={"email": "ann@example.com"}),)}
    run_id = (await b.service.respond(message("hello"))).run_id
    assert {effect.place for effect in b.sink.turns[0].effects} == {
        "run-completed:1f2e",
        "lead-captured:LEAD-00001:1f2e",
    }
    await look(b)
    assert sorted(performer.keys) == [f"{run_id}:lead-captured:LEAD-00001:1f2e", f"{run_id}:run-completed:1f2e"]


# Replay


async def dead(b: Bench) -> None:
    """Have everything fail that is due."""
    while await look(b):
        b.clock.advance(100_000)


async def test_af_53_a_replayed_effect_is_performed_under_the_same_key() -> None:
    performer = RecordingPerformer([Attempted(outcome="failed", reason="400", retry=False)])
    b, key = await promised(performer)
    await dead(b)
    await replay(b.service.engine, b.service.performing, key)
    await look(b)
    assert performer.keys == [key, key]
    assert await state(b, key) == ("done", 2, None)


async def test_of_several_who_replay_one_wins() -> None:
    b, key = await promised(RecordingPerformer([Attempted(outcome="failed", reason="400", retry=False)]))
    await dead(b)
    engine, performing = b.service.engine, b.service.performing
    replays = [replay(engine, performing, key) for _ in range(5)]
    ended = await asyncio.gather(*replays, return_exceptions=True)
    assert sum(result is None for result in ended) == 1
    assert sum(isinstance(result, EffectElsewhere) for result in ended) == 4


async def test_what_is_not_there_cannot_be_replayed_or_cancelled() -> None:
    b, key = await promised(RecordingPerformer())
    with pytest.raises(EffectNotFound, match="none"):
        await replay(b.service.engine, b.service.performing, "none")
    with pytest.raises(EffectElsewhere, match="is pending; only one that is dead or parked"):
        await replay(b.service.engine, b.service.performing, key)
    await look(b)
    with pytest.raises(EffectElsewhere, match="is done"):
        await cancel(b.service.engine, key)


async def test_all_of_a_kind_are_replayed() -> None:
    failed = [Attempted(outcome="failed", reason="400", retry=False)]
    one, other = RecordingPerformer(failed * 250), RecordingPerformer(failed)
    b = bench(performers={"a": one, "b": other})
    b.work.proposal = {"effects": (*(Effect(kind="a"),) * 250, Effect(kind="b"))}
    await b.service.respond(message("hello"))
    await dead(b)
    assert await replay_all(b.service.engine, b.service.performing, kind="a") == 250
    await dead(b)
    assert len(one.keys) == 500
    assert len(other.keys) == 1
    assert await replay_all(b.service.engine, b.service.performing, kind="a") == 0
    assert await replay_all(b.service.engine, b.service.performing, statuses=frozenset({"parked"})) == 0
    assert await replay_all(b.service.engine, b.service.performing) == 1


async def test_a_cancelled_effect_is_never_performed() -> None:
    performer = RecordingPerformer()
    b, key = await promised(performer)
    await cancel(b.service.engine, key)
    with suppress(EffectElsewhere):
        await replay(b.service.engine, b.service.performing, key)
    assert await look(b) == 0
    assert await state(b, key) == ("cancelled", 0, None)
