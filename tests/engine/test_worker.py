"""Background work: wake-ups, the sweep, leases, and a clean stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from antiphon.core.effect import Attempted, Effect
from antiphon.engine.engine import Limits
from antiphon.engine.receive import receive
from antiphon.engine.sweep import sweep
from antiphon.testing import RecordingPerformer
from tests.engine.bench import Bench, bench, message

QUICK = Limits(sweep_seconds=0.01)


@asynccontextmanager
async def at_work(b: Bench) -> AsyncIterator[None]:
    running = b.service.start()
    try:
        yield
    finally:
        await b.service.drain(running)


async def ended(b: Bench, run_id: str) -> str:
    async with asyncio.timeout(5):
        while True:
            run = await b.store.run(run_id)
            if run and run.status not in ("queued", "running"):
                return run.status
            await asyncio.sleep(0.005)  # until the worker has been; the timeout bounds it


async def test_a_woken_conversation_is_worked() -> None:
    b = bench()
    async with at_work(b):
        accepted = await receive(b.service.engine, message("hello"))
        assert await ended(b, accepted.run.id) == "completed"


async def test_promise_8_what_no_wake_up_reached_is_found_by_the_sweep() -> None:
    b = bench(limits=QUICK)
    accepted = await receive(b.service.engine, message("hello"))
    await b.service.engine.wake_ups.next(0.01)  # the wake-up is lost
    async with at_work(b):
        assert await ended(b, accepted.run.id) == "completed"


async def test_what_a_dead_process_was_working_is_taken_up_when_its_lease_has_ended() -> None:
    b = bench(limits=QUICK)
    accepted = await receive(b.service.engine, message("hello"))
    await b.store.claim(accepted.run.conversation_id, "a process that dies")
    async with at_work(b):
        assert await sweep(b.service.engine) == 0
        b.clock.advance(31)
        assert await ended(b, accepted.run.id) == "completed"


async def test_a_turn_that_kills_its_process_again_and_again_is_given_up() -> None:
    b = bench(limits=QUICK)
    accepted = await receive(b.service.engine, message("hello"))
    for _ in range(QUICK.attempts):
        await b.store.claim(accepted.run.conversation_id, "a process that dies")
        b.clock.advance(31)
    async with at_work(b):
        assert await ended(b, accepted.run.id) == "failed"
    assert b.work.seen == []


async def test_a_stop_finishes_the_turns_in_flight() -> None:
    b = bench()
    b.work.hold = asyncio.Event()
    running = b.service.start()
    accepted = await receive(b.service.engine, message("hello"))
    await b.work.started.wait()
    stopping = asyncio.create_task(b.service.drain(running))
    await asyncio.sleep(0)
    b.work.hold.set()
    await stopping
    run = await b.store.run(accepted.run.id)
    assert run is not None
    assert run.status == "completed"


async def test_leases_of_long_turns_are_kept_alive() -> None:
    b = bench(limits=Limits(heartbeat_seconds=0.01, sweep_seconds=0.01))
    b.work.hold = asyncio.Event()
    async with at_work(b):
        accepted = await receive(b.service.engine, message("hello"))
        await b.work.started.wait()
        for _ in range(4):
            b.clock.advance(20)
            await asyncio.sleep(0.05)  # several heartbeats
        assert await b.store.claim(accepted.run.conversation_id, "another") is None
        b.work.hold.set()
        assert await ended(b, accepted.run.id) == "completed"
    assert b.work.seen == ["hello"]


async def promised(performer: RecordingPerformer, **effect: object) -> tuple[Bench, str]:
    b = bench(performers={"notify": performer})
    b.work.proposal = {"effects": (Effect(kind="notify", payload={"n": 1}, **effect),)}  # type: ignore[arg-type]
    response = await b.service.respond(message("hello"))
    return b, f"{response.run_id}:0"


async def state(b: Bench, key: str) -> tuple[str, int, str | None]:
    kept = await b.store.effect(key)
    assert kept is not None
    return kept.status, kept.attempts, kept.reason


async def test_promise_4_an_effect_is_performed_once_under_its_key() -> None:
    performer = RecordingPerformer()
    b, key = await promised(performer)
    await sweep(b.service.engine)
    await sweep(b.service.engine)
    assert performer.keys == [key]
    assert await state(b, key) == ("done", 1, None)


async def test_a_failure_is_tried_again_later_and_dead_after_the_last_attempt() -> None:
    failed = Attempted(outcome="failed", reason="no route")
    performer = RecordingPerformer([failed] * 3)
    b, key = await promised(performer)
    for wait in (0, 60, 120):
        await sweep(b.service.engine)
        await sweep(b.service.engine)
        b.clock.advance(wait or 60)
    await sweep(b.service.engine)
    assert performer.keys == [key] * 3
    assert await state(b, key) == ("dead", 3, "no route")


async def test_an_unknown_outcome_is_parked_and_never_repeated_blindly() -> None:
    performer = RecordingPerformer([RuntimeError("the line broke")])
    b, key = await promised(performer)
    await sweep(b.service.engine)
    b.clock.advance(10_000)
    await sweep(b.service.engine)
    assert performer.keys == [key]
    assert await state(b, key) == ("parked", 1, "RuntimeError: the line broke")


async def test_an_unknown_outcome_is_repeated_where_the_other_side_knows_the_key() -> None:
    performer = RecordingPerformer([Attempted(outcome="unknown", reason="time-out")])
    b, key = await promised(performer, repeatable=True)
    await sweep(b.service.engine)
    b.clock.advance(61)
    await sweep(b.service.engine)
    assert performer.keys == [key, key]
    assert (await state(b, key))[0] == "done"


async def test_an_effect_whose_performer_died_is_parked() -> None:
    performer = RecordingPerformer()
    b, key = await promised(performer)
    await b.store.claim_due("a process that dies", b.clock.now(), 10)
    b.clock.advance(31)
    await sweep(b.service.engine)
    assert performer.keys == []
    assert (await state(b, key))[0] == "parked"


async def test_an_effect_that_nobody_performs_is_dead_and_says_so() -> None:
    performer = RecordingPerformer()
    b, key = await promised(performer)
    b.service.engine.performers.pop("notify")  # type: ignore[attr-defined]
    await sweep(b.service.engine)
    assert await state(b, key) == ("dead", 1, "nothing here performs effects of kind notify")
