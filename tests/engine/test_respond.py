"""A synchronous caller: its own turn, in order, once."""

import asyncio

import pytest

from antiphon.core.errors import IdempotencyKeyReused, PackNotLoaded, TurnFailed, TurnStillWaiting
from antiphon.engine.engine import Limits
from antiphon.engine.receive import receive
from tests.engine.bench import bench, message


async def test_a_message_is_answered_and_told_to_the_sinks_before_the_caller() -> None:
    b = bench()
    assert await b.say("hello") == "echo hello"
    assert [turn.outcome.reply for turn in b.sink.turns] == ["echo hello"]


async def test_callers_of_one_conversation_are_served_in_order_of_arrival() -> None:
    b = bench()
    b.work.hold = asyncio.Event()
    first = asyncio.create_task(b.say("one"))
    await b.work.started.wait()
    later = [asyncio.create_task(b.say(text)) for text in ("two", "three")]
    await asyncio.sleep(0)
    b.work.hold.set()
    assert list(await asyncio.gather(first, *later)) == ["echo one", "echo two", "echo three"]
    assert b.work.seen == ["one", "two", "three"]


async def test_other_conversations_do_not_wait() -> None:
    b = bench()
    b.work.hold = asyncio.Event()
    slow = asyncio.create_task(b.say("one", "ann"))
    await b.work.started.wait()
    hold, b.work.hold = b.work.hold, None
    assert await b.say("hello", "bob") == "echo hello"
    hold.set()
    assert await slow == "echo one"


async def test_all_callers_of_a_merged_burst_get_the_merged_reply() -> None:
    b = bench(burst="merge")
    b.work.hold = asyncio.Event()
    first = asyncio.create_task(b.say("one"))
    await b.work.started.wait()
    later = [asyncio.create_task(b.say(text)) for text in ("two", "three")]
    await asyncio.sleep(0)
    b.work.hold.set()
    assert await first == "echo one"
    assert list(await asyncio.gather(*later)) == ["echo two\nthree"] * 2


async def test_a_newer_message_abandons_a_draft_and_both_are_answered_together() -> None:
    b = bench(burst="restart")
    b.work.hold = asyncio.Event()
    first = asyncio.create_task(b.say("one"))
    await b.work.started.wait()
    second = asyncio.create_task(b.say("two"))
    await asyncio.sleep(0)
    b.work.hold.set()
    assert list(await asyncio.gather(first, second)) == ["echo one\ntwo"] * 2
    assert b.work.seen == ["one", "one\ntwo"]
    assert len(b.sink.turns) == 1


async def test_a_caller_waits_no_longer_than_it_was_told_and_its_run_is_worked_all_the_same() -> None:
    b = bench(limits=Limits(turn_wait_seconds=0.01))
    b.work.hold = asyncio.Event()
    first = asyncio.create_task(b.say("one"))
    await b.work.started.wait()
    with pytest.raises(TurnStillWaiting) as waiting:
        await b.say("two")
    b.work.hold.set()
    await first
    await b.service.turns.finish()
    run = await b.store.run(waiting.value.run_id)
    assert run is not None
    assert run.status == "completed"


async def test_a_repeated_key_gets_the_first_reply_and_no_second_turn() -> None:
    b = bench()
    assert await b.say("hello", idempotency_key="k") == "echo hello"
    assert await b.say("hello", idempotency_key="k") == "echo hello"
    assert b.work.seen == ["hello"]
    with pytest.raises(IdempotencyKeyReused):
        await b.say("something else", idempotency_key="k")


async def test_a_repeated_key_waits_for_the_run_that_it_names() -> None:
    b = bench()
    b.work.hold = asyncio.Event()
    first = asyncio.create_task(b.say("hello", idempotency_key="k"))
    await b.work.started.wait()
    again = asyncio.create_task(b.say("hello", idempotency_key="k"))
    await asyncio.sleep(0)
    b.work.hold.set()
    assert list(await asyncio.gather(first, again)) == ["echo hello"] * 2


async def test_a_defect_ends_the_run_as_failed_keeps_the_message_and_lets_the_conversation_go_on() -> None:
    b = bench()
    b.work.failures.append(ZeroDivisionError("of ours"))
    with pytest.raises(TurnFailed) as failed:
        await b.say("one")
    run = await b.store.run(failed.value.run_id)
    assert run is not None
    assert run.status == "failed"
    assert "ZeroDivisionError" in failed.value.reason
    events = await b.store.events(run.conversation_id)
    assert [event.kind for event in events] == ["message_received", "turn_given_up"]
    assert await b.say("two") == "echo two"


async def test_a_pack_that_is_not_here_is_said_so_and_nothing_is_accepted() -> None:
    b = bench()
    request = message("hello")
    with pytest.raises(PackNotLoaded):
        await b.service.respond(type(request)(pack="florist", change=request.change, space="s", address="a"))
    assert b.work.seen == []


async def test_what_receive_returns_is_in_the_store() -> None:
    b = bench()
    accepted = await receive(b.service.engine, message("hello"))
    assert await b.store.run(accepted.run.id) == accepted.run
    assert accepted.run.status == "queued"
