"""Effects: each is kept once, under one key (promise 4)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from antiphon.core.effect import Attempted, Effect, KeptEffect, effect_key, settle
from antiphon.core.errors import LeaseLost
from tests.contracts.desk import DONE, WORKER, Desk
from tests.contracts.stores import LEASE_SECONDS

NOTIFY = Effect(kind="notify", payload={"to": ["sales"], "text": "ü"}, repeatable=True, max_attempts=5, priority=2)


async def _due(desk: Desk, limit: int = 10) -> list[KeptEffect]:
    return await desk.store.claim_due(WORKER, desk.clock.now(), limit)


async def _settle(desk: Desk, kept: KeptEffect, attempted: Attempted) -> KeptEffect:
    settled = settle(kept, attempted, desk.clock.now())
    await desk.store.settle(settled)
    return settled


# Promised


async def test_an_effect_is_kept_with_its_turn(desk: Desk) -> None:
    claim = await desk.begin()
    turn = desk.turn(claim, effects=(NOTIFY, Effect(kind="send")))
    assert await desk.store.effect(effect_key(claim.run.id, 0)) is None
    await desk.store.commit(turn)
    assert await desk.store.effect(effect_key(claim.run.id, 0)) == KeptEffect(
        key=effect_key(claim.run.id, 0),
        run_id=claim.run.id,
        conversation_id=claim.conversation_id,
        effect=NOTIFY,
        status="pending",
        due_at=turn.at,
        attempts=0,
    )
    second = await desk.store.effect(effect_key(claim.run.id, 1))
    assert second is not None
    assert second.effect == Effect(kind="send")
    assert await desk.store.effect(effect_key(claim.run.id, 2)) is None


async def test_when_it_is_due_is_said_in_one_place(desk: Desk) -> None:
    """The kept effect says it, because a retry moves it; the promise inside says nothing."""
    later = desk.clock.now() + timedelta(hours=1)
    (kept,) = await desk.promise(replace(NOTIFY, due_at=later))
    assert kept.due_at == later
    assert kept.effect == NOTIFY


async def test_an_effect_of_a_turn_that_was_lost_does_not_exist(desk: Desk) -> None:
    """Two workers work the same run; both promise the same; it is kept once."""
    stale = await desk.begin()
    desk.clock.advance(LEASE_SECONDS + 1)
    current = await desk.claim(stale.conversation_id)
    assert current.run.id == stale.run.id
    with pytest.raises(LeaseLost):
        await desk.store.commit(desk.turn(stale, effects=(replace(NOTIFY, kind="stale"),)))
    assert await _due(desk) == []
    await desk.store.commit(desk.turn(current, effects=(NOTIFY,)))
    assert [kept.effect.kind for kept in await _due(desk)] == ["notify"]


async def test_a_key_that_is_committed_again_keeps_the_first(desk: Desk) -> None:
    """A run that is worked again, as after an approval, finds its promise kept already."""
    first = await desk.begin()
    await desk.store.commit(desk.turn(first, effects=(NOTIFY,)))
    (kept,) = await _due(desk)
    await _settle(desk, kept, Attempted(outcome="done"))
    second = await desk.begin()
    again = replace(second, runs=(replace(first.run, position=second.run.position),))
    await desk.store.commit(desk.turn(again, outcome=DONE, effects=(replace(NOTIFY, kind="again"),)))
    found = await desk.store.effect(kept.key)
    assert found is not None
    assert (found.effect.kind, found.status) == ("notify", "done")
    assert await _due(desk) == []


# Due


async def test_an_effect_is_not_due_before_its_time(desk: Desk) -> None:
    await desk.promise(replace(NOTIFY, due_at=desk.clock.now() + timedelta(seconds=60)))
    desk.clock.advance(59)
    assert await _due(desk) == []
    desk.clock.advance(1)
    assert len(await _due(desk)) == 1


async def test_an_effect_that_is_taken_is_taken_once(desk: Desk) -> None:
    (kept,) = await desk.promise(NOTIFY)
    (taken,) = await _due(desk)
    assert taken == replace(kept, status="performing", attempts=1)
    assert await desk.store.effect(kept.key) == taken
    assert await _due(desk) == []


async def test_of_many_performers_at_once_each_effect_has_one(desk: Desk) -> None:
    promised = await desk.promise(*[NOTIFY] * 12)
    taken = await asyncio.gather(
        *(desk.store.claim_due(f"worker-{number}", desk.clock.now(), 3) for number in range(6))
    )
    assert sorted(kept.key for batch in taken for kept in batch) == sorted(kept.key for kept in promised)


async def test_due_effects_come_by_priority_then_time_then_key(desk: Desk) -> None:
    now = desk.clock.now()
    effects = [
        Effect(kind="late", due_at=now),
        Effect(kind="early", due_at=now - timedelta(seconds=5)),
        Effect(kind="urgent", due_at=now, priority=9),
        Effect(kind="low", due_at=now - timedelta(days=1), priority=-1),
        Effect(kind="late_too", due_at=now),
    ]
    await desk.promise(*effects)
    kinds = [kept.effect.kind for kept in await _due(desk, limit=3)]
    kinds += [kept.effect.kind for kept in await _due(desk, limit=3)]
    assert kinds == ["urgent", "early", "late", "late_too", "low"]


async def test_an_effect_whose_performer_died_is_due_again(desk: Desk) -> None:
    await desk.promise(NOTIFY)
    (taken,) = await _due(desk)
    desk.clock.advance(LEASE_SECONDS - 1)
    assert await _due(desk) == []
    desk.clock.advance(2)
    (again,) = await _due(desk)
    assert again == replace(taken, attempts=2, abandoned=True)
    assert not taken.abandoned
    assert await _due(desk) == []


async def test_an_attempt_after_a_failure_is_not_abandoned(desk: Desk) -> None:
    """The performer told how it went: nothing is unknown."""
    await desk.promise(NOTIFY)
    (taken,) = await _due(desk)
    settled = await _settle(desk, taken, Attempted(outcome="failed"))
    desk.clock.set(settled.due_at)
    (again,) = await _due(desk)
    assert (again.attempts, again.abandoned) == (2, False)


async def test_an_abandoned_attempt_that_cannot_be_repeated_is_parked(desk: Desk) -> None:
    """Promise 4: never repeated blindly."""
    await desk.promise(replace(NOTIFY, repeatable=False))
    await _due(desk)
    desk.clock.advance(LEASE_SECONDS + 1)
    (lost,) = await _due(desk)
    await _settle(desk, lost, Attempted(outcome="unknown", reason="the performer died"))
    desk.clock.advance(timedelta(days=30).total_seconds())
    assert await _due(desk) == []
    found = await desk.store.effect(lost.key)
    assert found is not None
    assert (found.status, found.reason) == ("parked", "the performer died")


# Settled


async def test_what_is_done_stays_done(desk: Desk) -> None:
    await desk.promise(NOTIFY)
    (taken,) = await _due(desk)
    settled = await _settle(desk, taken, Attempted(outcome="done"))
    assert await desk.store.effect(taken.key) == settled
    desk.clock.advance(10 * LEASE_SECONDS)
    assert await _due(desk) == []


async def test_a_failure_is_due_again_after_its_pause(desk: Desk) -> None:
    await desk.promise(NOTIFY)
    (taken,) = await _due(desk)
    settled = await _settle(desk, taken, Attempted(outcome="failed", reason="503"))
    assert await desk.store.effect(taken.key) == settled
    desk.clock.advance((settled.due_at - desk.clock.now()).total_seconds() - 1)
    assert await _due(desk) == []
    desk.clock.advance(1)
    (again,) = await _due(desk)
    assert (again.key, again.attempts, again.reason) == (taken.key, 2, "503")


@pytest.mark.parametrize(
    ("effect", "attempted", "status"),
    [
        (replace(NOTIFY, max_attempts=1), Attempted(outcome="failed", reason="503"), "dead"),
        (NOTIFY, Attempted(outcome="failed", reason="400", retry=False), "dead"),
        (replace(NOTIFY, repeatable=False), Attempted(outcome="unknown", reason="timeout"), "parked"),
    ],
)
async def test_what_is_dead_or_parked_waits_for_a_person(
    desk: Desk, effect: Effect, attempted: Attempted, status: str
) -> None:
    await desk.promise(effect)
    (taken,) = await _due(desk)
    await _settle(desk, taken, attempted)
    found = await desk.store.effect(taken.key)
    assert found is not None
    assert (found.status, found.reason) == (status, attempted.reason)
    desk.clock.advance(timedelta(days=30).total_seconds())
    assert await _due(desk) == []


async def test_settling_what_somebody_else_has_taken_changes_nothing(desk: Desk) -> None:
    await desk.promise(NOTIFY)
    (stale,) = await _due(desk)
    desk.clock.advance(LEASE_SECONDS + 1)
    (current,) = await _due(desk)
    await _settle(desk, stale, Attempted(outcome="done"))
    assert await desk.store.effect(stale.key) == replace(current, abandoned=False)
    dead = await _settle(desk, current, Attempted(outcome="failed", reason="no", retry=False))
    assert await desk.store.effect(stale.key) == replace(dead, abandoned=False)


async def test_an_attempt_is_settled_once(desk: Desk) -> None:
    await desk.promise(NOTIFY)
    (taken,) = await _due(desk)
    settled = await _settle(desk, taken, Attempted(outcome="done"))
    await _settle(desk, taken, Attempted(outcome="failed", reason="late answer"))
    assert await desk.store.effect(taken.key) == settled
