"""Claims: one conversation, one turn at a time, in order of arrival (promise 2)."""

import asyncio

import pytest

from antiphon.core.chain import FIRST_HEAD
from antiphon.core.change import merged
from antiphon.core.conversation import Conversation
from antiphon.core.errors import LeaseLost
from tests.contracts.desk import MERGING, PACK, WORKER, Desk
from tests.contracts.stores import LEASE_SECONDS


async def test_a_claim_carries_what_a_turn_needs(desk: Desk) -> None:
    arrival = desk.arrival()
    await desk.store.accept(arrival)
    claim = await desk.claim(arrival.conversation_id)
    assert (claim.contact_id, claim.address) == (arrival.contact_id, "ann")
    assert (claim.pack, claim.pack_version) == (PACK, "1.0")
    assert (claim.conversation, claim.sequence, claim.head) == (Conversation(), 0, FIRST_HEAD)
    assert claim.runs == (await desk.known(claim.run),)
    assert (claim.run.status, claim.run.attempts) == ("running", 1)


async def test_a_claim_sees_what_the_turn_before_committed(desk: Desk) -> None:
    turn = desk.turn(await desk.begin("first"))
    await desk.store.commit(turn)
    claim = await desk.begin("second")
    assert claim.conversation == turn.conversation
    assert (claim.sequence, claim.head) == (len(turn.events), turn.events[-1].hash)


async def test_a_living_lease_refuses_everybody(desk: Desk) -> None:
    claim = await desk.begin()
    await desk.arrive()
    assert await desk.store.claim(claim.conversation_id, "worker-2") is None
    assert await desk.store.claim(claim.conversation_id, WORKER) is None


async def test_nothing_is_claimed_where_nothing_waits(desk: Desk) -> None:
    claim = await desk.work()
    assert await desk.store.claim(claim.conversation_id, WORKER) is None
    assert await desk.store.claim(desk.ids.new(), WORKER) is None


async def test_of_many_at_once_one_gets_the_claim(desk: Desk) -> None:
    run = await desk.arrive()
    claims = await asyncio.gather(*(desk.store.claim(run.conversation_id, f"worker-{number}") for number in range(10)))
    assert len([claim for claim in claims if claim is not None]) == 1


async def test_conversations_are_held_side_by_side(desk: Desk) -> None:
    ann, bob = await desk.begin(address="ann"), await desk.begin(address="bob")
    assert await desk.store.commit(desk.turn(bob)) is None
    assert await desk.store.commit(desk.turn(ann)) is None


async def test_runs_are_claimed_in_order_of_arrival(desk: Desk) -> None:
    runs = [await desk.arrive(str(number)) for number in range(4)]
    worked = []
    for _ in runs:
        claim = await desk.claim(runs[0].conversation_id)
        await desk.store.commit(desk.turn(claim))
        worked.append(claim.run.id)
    assert worked == [run.id for run in runs]


# Leases


async def test_an_ended_lease_is_taken_over_with_its_run(desk: Desk) -> None:
    begun = await desk.begin("first")
    await desk.arrive("second")
    desk.clock.advance(LEASE_SECONDS - 1)
    assert await desk.store.claim(begun.conversation_id, "worker-2") is None
    desk.clock.advance(2)
    taken = await desk.store.claim(begun.conversation_id, "worker-2")
    assert taken is not None
    assert taken.run.id == begun.run.id
    assert taken.run.attempts == 2
    assert taken.fence > begun.fence


async def test_a_renewed_lease_lives_on(desk: Desk) -> None:
    ann, bob = await desk.begin(address="ann"), await desk.begin(address="bob")
    desk.clock.advance(LEASE_SECONDS - 1)
    await desk.store.renew([ann])
    desk.clock.advance(2)
    assert await desk.store.waiting(10) == [bob.conversation_id]
    assert await desk.store.claim(ann.conversation_id, "worker-2") is None


async def test_renewing_a_claim_that_was_taken_over_changes_nothing(desk: Desk) -> None:
    stale = await desk.begin()
    desk.clock.advance(LEASE_SECONDS + 1)
    await desk.claim(stale.conversation_id)
    desk.clock.advance(LEASE_SECONDS - 1)
    await desk.store.renew([stale])
    desk.clock.advance(2)
    assert await desk.store.waiting(10) == [stale.conversation_id]


async def test_renewing_a_claim_that_was_given_back_takes_nothing(desk: Desk) -> None:
    claim = await desk.begin()
    await desk.store.release(claim)
    await desk.store.renew([claim])
    assert await desk.store.waiting(10) == [claim.conversation_id]


async def test_leases_do_not_end_by_the_time_of_an_arrival(desk: Desk) -> None:
    """They are on the store's clock: whoever hands in a time of their own frees nothing."""
    held = await desk.begin()
    desk.clock.advance(10 * LEASE_SECONDS)
    late = desk.arrival()
    desk.clock.advance(-10 * LEASE_SECONDS)
    accepted = await desk.store.accept(late, claim_for="worker-2")
    assert accepted.claim is None
    assert await desk.store.claim(held.conversation_id, "worker-2") is None


# Giving back


async def test_a_released_run_waits_again_in_its_place(desk: Desk) -> None:
    first, second = await desk.begin("first"), await desk.arrive("second")
    await desk.store.release(first)
    assert await desk.statuses(first.run, second) == ["queued", "queued"]
    again = await desk.claim(first.conversation_id)
    assert (again.run.id, again.run.attempts) == (first.run.id, 2)
    assert again.fence > first.fence


async def test_a_released_claim_can_do_nothing_more(desk: Desk) -> None:
    stale = await desk.begin()
    await desk.store.release(stale)
    with pytest.raises(LeaseLost):
        await desk.store.commit(desk.turn(stale))
    current = await desk.claim(stale.conversation_id)
    await desk.store.release(stale)
    assert await desk.statuses(current.run) == ["running"]
    await desk.store.commit(desk.turn(current))


# Bursts


async def test_a_merged_claim_takes_the_messages_at_the_head(desk: Desk) -> None:
    runs = [await desk.arrive(text) for text in ("one", "two", "three")]
    event = await desk.arrive("order_shipped", kind="event")
    behind = await desk.arrive("four")
    claim = await desk.claim(event.conversation_id, merge=MERGING)
    assert [run.id for run in claim.runs] == [run.id for run in runs]
    assert claim.run.id == runs[-1].id
    assert {run.attempts for run in claim.runs} == {1}
    assert merged(tuple(run.change for run in claim.runs)).value == "one\ntwo\nthree"
    assert await desk.statuses(*runs, event, behind) == ["running", "running", "running", "queued", "queued"]


async def test_a_merged_claim_takes_nothing_along_with_what_is_no_message(desk: Desk) -> None:
    event = await desk.arrive("order_shipped", kind="event")
    message = await desk.arrive()
    claim = await desk.claim(event.conversation_id, merge=MERGING)
    assert claim.runs == (await desk.known(event),)
    assert await desk.statuses(message) == ["queued"]


async def test_only_the_packs_that_say_so_merge(desk: Desk) -> None:
    """A worker claims for many packs at once; each pack chose for itself."""
    runs = [await desk.arrive("one"), await desk.arrive("two")]
    claim = await desk.claim(runs[0].conversation_id, merge=frozenset({"helpdesk"}))
    assert [run.id for run in claim.runs] == [runs[0].id]


async def test_an_abandoned_merge_is_taken_up_with_what_came_since(desk: Desk) -> None:
    runs = [await desk.arrive("one"), await desk.arrive("two")]
    await desk.claim(runs[0].conversation_id, merge=MERGING)
    runs.append(await desk.arrive("three"))
    desk.clock.advance(LEASE_SECONDS + 1)
    claim = await desk.claim(runs[0].conversation_id, merge=MERGING)
    assert [(run.id, run.attempts) for run in claim.runs] == [
        (runs[0].id, 2),
        (runs[1].id, 2),
        (runs[2].id, 1),
    ]


async def test_what_a_takeover_leaves_in_line_is_queued(desk: Desk) -> None:
    """A run is `running` only while somebody works it."""
    first, second = await desk.arrive("one"), await desk.arrive("two")
    await desk.claim(first.conversation_id, merge=MERGING)
    desk.clock.advance(LEASE_SECONDS + 1)
    claim = await desk.claim(first.conversation_id)
    assert [run.id for run in claim.runs] == [first.id]
    assert await desk.statuses(first, second) == ["running", "queued"]


async def test_a_merged_claim_is_given_back_whole(desk: Desk) -> None:
    runs = [await desk.arrive("one"), await desk.arrive("two")]
    await desk.store.release(await desk.claim(runs[0].conversation_id, merge=MERGING))
    assert await desk.statuses(*runs) == ["queued", "queued"]


async def test_order_is_that_of_arrival_whatever_the_clock_says(desk: Desk) -> None:
    """Clocks are set back, and two machines never have the same time."""
    runs = []
    for text in ("one", "two", "three", "four"):
        runs.append(await desk.arrive(text))
        desk.clock.advance(-1)
    claim = await desk.claim(runs[0].conversation_id)
    assert [run.id for run in claim.runs] == [runs[0].id]
    await desk.store.commit(desk.turn(claim))
    desk.clock.advance(-1)
    claim = await desk.claim(runs[0].conversation_id, merge=MERGING)
    assert [run.id for run in claim.runs] == [run.id for run in runs[1:]]
    await desk.store.commit(desk.turn(claim))
    said = (await desk.store.transcripts([claim.conversation_id]))[claim.conversation_id]
    assert [one.text for one in said if one.role == "user"] == ["one", "two", "three", "four"]
    await desk.check_log(claim.conversation_id, await desk.record())
