"""Depths: how much there is to do, as the gauges of `/metrics` show it."""

from dataclasses import replace

from antiphon.core.effect import Effect
from tests.contracts.desk import DONE, Desk

NOTHING = {"pending": 0, "performing": 0, "dead": 0, "parked": 0}


async def test_an_empty_store_has_nothing_to_do(desk: Desk) -> None:
    depths = await desk.store.depths()
    assert (depths.waiting, depths.waiting_since, depths.effects) == (0, None, NOTHING)


async def test_conversations_wait_until_their_last_run_is_worked(desk: Desk) -> None:
    begun = desk.clock.now()
    await desk.arrive("one")
    desk.clock.advance(60)
    second = await desk.arrive("two")
    await desk.arrive("three", address="bob")
    depths = await desk.store.depths()
    assert (depths.waiting, depths.waiting_since) == (2, begun)

    await desk.store.commit(desk.turn(await desk.claim(second.conversation_id)))
    depths = await desk.store.depths()
    assert (depths.waiting, depths.waiting_since) == (2, second.created_at)

    claim = await desk.claim(second.conversation_id)
    assert (await desk.store.depths()).waiting == 2  # somebody works on it, and it is not done
    await desk.store.commit(desk.turn(claim))
    assert (await desk.store.depths()).waiting == 1


async def test_effects_are_counted_until_they_are_settled(desk: Desk) -> None:
    await desk.promise(*[Effect(kind="notify") for _ in range(5)])
    assert (await desk.store.depths()).effects == {**NOTHING, "pending": 5}

    done, dead, parked, _ = await desk.store.claim_due("worker-1", desk.clock.now(), 4)
    await desk.store.settle(replace(done, status="done"))
    await desk.store.settle(replace(dead, status="dead", reason="refused"))
    await desk.store.settle(replace(parked, status="parked", reason="unknown"))
    assert (await desk.store.depths()).effects == {"pending": 1, "performing": 1, "dead": 1, "parked": 1}


async def test_what_is_done_long_ago_does_not_count(desk: Desk) -> None:
    for _ in range(3):
        claim = await desk.begin()
        await desk.store.commit(desk.turn(claim, outcome=DONE))
    assert (await desk.store.depths()).waiting == 0
