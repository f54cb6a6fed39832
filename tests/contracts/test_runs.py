"""The inbox: what was accepted is kept, and stands in line (promises 1 and 2)."""

import asyncio

import pytest

from antiphon.core.errors import IdempotencyKeyReused
from antiphon.core.run import Run
from tests.contracts.desk import PACK, SPACE, WORKER, Desk, other_ids
from tests.contracts.stores import LEASE_SECONDS

# Accepting


async def test_an_accepted_run_is_there_and_waits(desk: Desk) -> None:
    """Promise 1: whoever holds an Accepted can find the run."""
    arrival = desk.arrival("hello", data={"nested": {"list": [1, None, "ü"]}})
    accepted = await desk.store.accept(arrival)
    assert accepted.run == Run(
        id=arrival.run_id,
        conversation_id=arrival.conversation_id,
        position=1,
        pack=PACK,
        change=arrival.change,
        status="queued",
        attempts=0,
        created_at=desk.clock.now(),
    )
    assert await desk.store.run(arrival.run_id) == accepted.run
    assert (accepted.replay, accepted.claim) == (False, None)


async def test_an_unknown_run_is_none(desk: Desk) -> None:
    assert await desk.store.run(desk.ids.new()) is None


async def test_positions_count_from_one_in_order_of_arrival(desk: Desk) -> None:
    runs = [await desk.arrive(str(number)) for number in range(1, 4)]
    assert [run.position for run in runs] == [1, 2, 3]
    assert {run.conversation_id for run in runs} == {runs[0].conversation_id}


async def test_each_address_has_a_conversation_of_its_own(desk: Desk) -> None:
    ann, bob = await desk.arrive(address="ann"), await desk.arrive(address="bob")
    assert ann.conversation_id != bob.conversation_id
    assert bob.position == 1


async def test_a_person_has_one_conversation_with_each_pack(desk: Desk) -> None:
    shop, help_desk = await desk.arrive(pack="shop"), await desk.arrive(pack="helpdesk")
    assert shop.conversation_id != help_desk.conversation_id
    assert (await desk.record(pack="shop")).contact_id == (await desk.record(pack="helpdesk")).contact_id


async def test_the_same_address_in_another_space_is_another_person(desk: Desk) -> None:
    here = await desk.store.accept(desk.arrival(space="shop/session"))
    there = await desk.store.accept(desk.arrival(space="email"))
    assert here.run.conversation_id != there.run.conversation_id


async def test_many_arrivals_at_once_each_get_a_position(desk: Desk) -> None:
    """Promise 2 begins at the door: no two runs share a place in the line."""
    runs = await asyncio.gather(*(desk.arrive(str(number)) for number in range(20)))
    assert sorted(run.position for run in runs) == list(range(1, 21))
    assert len({run.conversation_id for run in runs}) == 1


# The same request twice


async def test_a_repeated_key_is_answered_with_the_first_run(desk: Desk) -> None:
    arrival = desk.arrival(key="k-1", fingerprint="f")
    first = await desk.store.accept(arrival)
    again = await desk.store.accept(other_ids(arrival), claim_for=WORKER)
    assert again.replay
    assert again.run == first.run
    assert again.claim is None
    assert (await desk.arrive()).position == 2


async def test_a_replay_says_how_the_run_ended(desk: Desk) -> None:
    arrival = desk.arrival(key="k-1", fingerprint="f")
    accepted = await desk.store.accept(arrival, claim_for=WORKER)
    assert accepted.claim is not None
    await desk.store.commit(desk.turn(accepted.claim))
    again = await desk.store.accept(other_ids(arrival))
    assert again.run.status == "completed"
    assert again.run.outcome is not None
    assert again.run.outcome.reply == "Hello!"


async def test_a_key_with_another_request_is_refused_and_nothing_is_stored(desk: Desk) -> None:
    await desk.store.accept(desk.arrival(key="k-1", fingerprint="f"))
    other = desk.arrival(address="bob", key="k-1", fingerprint="g")
    with pytest.raises(IdempotencyKeyReused):
        await desk.store.accept(other)
    assert await desk.store.run(other.run_id) is None
    assert await desk.store.conversation_at(PACK, SPACE, "bob") is None


async def test_a_key_counts_within_its_pack_and_space(desk: Desk) -> None:
    arrivals = [
        desk.arrival(key="k-1", fingerprint="a"),
        desk.arrival(key="k-1", fingerprint="b", pack="helpdesk"),
        desk.arrival(key="k-1", fingerprint="c", space="email"),
    ]
    assert [(await desk.store.accept(arrival)).replay for arrival in arrivals] == [False, False, False]


async def test_of_equal_requests_at_once_one_is_accepted(desk: Desk) -> None:
    arrivals = [desk.arrival(key="k-1", fingerprint="f") for _ in range(10)]
    accepted = await asyncio.gather(*map(desk.store.accept, arrivals))
    assert [a.replay for a in accepted].count(False) == 1
    assert len({a.run.id for a in accepted}) == 1


# Accepting and claiming at once


async def test_a_run_that_is_next_is_claimed_with_its_arrival(desk: Desk) -> None:
    arrival = desk.arrival()
    accepted = await desk.store.accept(arrival, claim_for=WORKER)
    assert accepted.claim is not None
    assert accepted.claim.runs == (accepted.run,)
    assert (accepted.run.status, accepted.run.attempts) == ("running", 1)
    assert await desk.store.run(arrival.run_id) == accepted.run
    assert await desk.store.claim(arrival.conversation_id, "worker-2") is None


async def test_a_run_behind_another_is_not_claimed_with_its_arrival(desk: Desk) -> None:
    first = await desk.arrive()
    accepted = await desk.store.accept(desk.arrival(), claim_for=WORKER)
    assert accepted.claim is None
    assert (await desk.claim(first.conversation_id)).run.id == first.id


async def test_a_run_behind_an_abandoned_one_is_not_claimed_with_its_arrival(desk: Desk) -> None:
    """Promise 2: what a dead worker began comes first."""
    begun = await desk.begin()
    desk.clock.advance(LEASE_SECONDS + 1)
    accepted = await desk.store.accept(desk.arrival(), claim_for=WORKER)
    assert accepted.claim is None
    assert (await desk.claim(begun.conversation_id)).run.id == begun.run.id


# What waits


async def test_waiting_lists_conversations_that_nobody_holds(desk: Desk) -> None:
    waits = await desk.arrive(address="ann")
    await desk.begin(address="bob")
    await desk.work(address="eve")
    assert await desk.store.waiting(10) == [waits.conversation_id]


async def test_waiting_lists_a_conversation_whose_holder_died(desk: Desk) -> None:
    held = await desk.begin()
    assert await desk.store.waiting(10) == []
    desk.clock.advance(LEASE_SECONDS + 1)
    assert await desk.store.waiting(10) == [held.conversation_id]


async def test_the_longest_waiting_comes_first(desk: Desk) -> None:
    ann = await desk.arrive(address="ann")
    desk.clock.advance(1)
    bob = await desk.arrive(address="bob")
    desk.clock.advance(1)
    await desk.arrive("still there?", address="ann")
    assert await desk.store.waiting(10) == [ann.conversation_id, bob.conversation_id]
    assert await desk.store.waiting(1) == [ann.conversation_id]


async def test_an_idle_conversation_does_not_overtake_one_that_waits(desk: Desk) -> None:
    """It waits since its message arrived, however long it was silent before."""
    await desk.work(address="ann")
    desk.clock.advance(1)
    bob = await desk.arrive(address="bob")
    desk.clock.advance(1)
    ann = await desk.arrive(address="ann")
    assert await desk.store.waiting(10) == [bob.conversation_id, ann.conversation_id]


# Counters


async def test_a_counter_gives_each_number_once(desk: Desk) -> None:
    first = [await desk.store.next_number("lead") for _ in range(3)]
    more = await asyncio.gather(*(desk.store.next_number("lead") for _ in range(20)))
    assert first == [1, 2, 3]
    assert sorted(more) == list(range(4, 24))
    assert await desk.store.next_number("ticket") == 1
