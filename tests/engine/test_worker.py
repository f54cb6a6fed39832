"""Background work: wake-ups, the sweep, leases, and a clean stop. Effects are in `test_perform`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from antiphon.engine.engine import Limits
from antiphon.engine.receive import receive
from antiphon.engine.sweep import sweep
from antiphon.ports import CompletedTurn
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


async def test_a_stop_begins_no_turn_that_follows_one_in_flight() -> None:
    """What waits in the conversation is handed back, and another process can take it at once."""
    b = bench()
    b.work.hold = asyncio.Event()
    running = b.service.start()
    first = await receive(b.service.engine, message("first"))
    await b.work.started.wait()
    second = await receive(b.service.engine, message("second"))
    stopping = asyncio.create_task(b.service.drain(running))
    await asyncio.sleep(0)
    b.work.hold.set()
    await stopping
    assert b.work.seen == ["first"]
    assert [await ended(b, first.run.id), await known_status(b, second.run.id)] == ["completed", "queued"]
    assert await b.store.waiting(10) == [second.run.conversation_id]


async def test_a_draft_that_is_abandoned_during_a_stop_is_made_anew() -> None:
    b = bench(burst="restart")
    b.work.hold = asyncio.Event()
    b.service.turns.stop()
    first = await receive(b.service.engine, message("first"))
    claim = await b.store.claim(first.run.conversation_id, "bench")
    assert claim is not None
    taking = asyncio.create_task(b.service.turns.take(claim))
    await b.work.started.wait()
    second = await receive(b.service.engine, message("second"))
    b.work.hold.set()
    outcome = await taking
    await b.service.turns.finish()
    assert outcome.reply == "echo first\nsecond"  # the draft for the first was abandoned; this one answers both
    assert await known_status(b, second.run.id) == "completed"
    assert await b.store.waiting(10) == []


async def test_a_wake_up_that_comes_with_the_stop_is_left_for_another_process() -> None:
    b = bench(limits=Limits(concurrency=1))
    b.work.hold = asyncio.Event()
    running = b.service.start()
    await receive(b.service.engine, message("first", "ann"))
    await b.work.started.wait()
    other = await receive(b.service.engine, message("second", "bob"))  # there is no slot for it
    await asyncio.sleep(0.01)  # until the worker waits for a slot; whether it does makes no difference to what is right
    stopping = asyncio.create_task(b.service.drain(running))
    await asyncio.sleep(0)
    b.work.hold.set()
    await stopping
    assert b.work.seen == ["first"]
    left = await b.store.run(other.run.id)
    assert left is not None
    assert (left.status, left.attempts) == ("queued", 0)  # nobody has begun it
    assert await b.service.engine.wake_ups.next(0.01) == other.run.conversation_id


async def test_without_background_work_only_callers_have_their_turns_worked() -> None:
    b = bench(limits=QUICK, works=False)
    async with at_work(b):
        waiting = await receive(b.service.engine, message("hello", "bob"))
        assert await b.say("hi", "ann") == "echo hi"
        await asyncio.sleep(0.05)  # several sweeps
        assert await known_status(b, waiting.run.id) == "queued"


async def test_without_background_work_leases_are_kept_alive() -> None:
    b = bench(limits=Limits(heartbeat_seconds=0.01), works=False)
    b.work.hold = asyncio.Event()
    async with at_work(b):
        saying = asyncio.create_task(b.say("hello"))
        await b.work.started.wait()
        for _ in range(4):
            b.clock.advance(20)
            await asyncio.sleep(0.05)  # several heartbeats
        record = await b.store.conversation_at("bakery", "test", "ann")
        assert record is not None
        assert await b.store.claim(record.id, "another") is None
        b.work.hold.set()
        assert await saying == "echo hello"


async def known_status(b: Bench, run_id: str) -> str:
    run = await b.store.run(run_id)
    assert run is not None
    return run.status


class Stopper:
    """A sink that hears of a turn just when the process is asked to stop."""

    def __init__(self, b: Bench) -> None:
        self._b = b

    async def committed(self, turn: CompletedTurn) -> None:
        self._b.service.turns.stop()

    async def erased(self, conversation_id: str) -> None:
        raise AssertionError(conversation_id)


async def test_a_stop_hands_back_what_was_claimed_to_go_on_with() -> None:
    b = bench()
    b.service.engine.sinks.append(Stopper(b))  # type: ignore[attr-defined]  # a list, on the bench
    first = await receive(b.service.engine, message("first"))
    second = await receive(b.service.engine, message("second"))
    await b.service.turns.work_off(first.run.conversation_id)
    assert b.work.seen == ["first"]
    assert await known_status(b, second.run.id) == "queued"
    assert await b.store.waiting(10) == [second.run.conversation_id]
