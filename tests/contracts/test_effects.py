"""Effects: each is kept once, under one key (promise 4)."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from antiphon.core.effect import Attempted, Effect, KeptEffect, effect_key, settle
from antiphon.core.errors import LeaseLost
from antiphon.ports import EffectQuery
from tests.contracts.desk import DONE, WORKER, Desk
from tests.contracts.stores import LEASE_SECONDS, Stores

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


# Kinds, places, leases


async def test_a_place_with_a_name_makes_the_key(desk: Desk) -> None:
    """A notice stands behind a varying number of others, and keeps its key."""
    first = await desk.begin()
    told = replace(NOTIFY, place="run-completed:1f2e")
    await desk.store.commit(desk.turn(first, effects=(told,)))
    kept = await desk.store.effect(f"{first.run.id}:run-completed:1f2e")
    assert kept is not None
    assert kept.effect == NOTIFY
    second = await desk.begin()
    again = replace(second, runs=(replace(first.run, position=second.run.position),))
    await desk.store.commit(desk.turn(again, outcome=DONE, effects=(Effect(kind="send"), told)))
    assert sorted(one.key for one in await _due(desk)) == [f"{first.run.id}:0", kept.key]


async def test_effects_of_a_busy_kind_stay_for_later(desk: Desk) -> None:
    await desk.promise(*[Effect(kind="slow", priority=9)] * 3, Effect(kind="quick"), Effect(kind="slower"))
    taken = await desk.store.claim_due(WORKER, desk.clock.now(), 2, busy=frozenset({"slow", "none"}))
    assert [kept.effect.kind for kept in taken] == ["quick", "slower"]
    assert len(await _due(desk)) == 3


async def test_an_attempt_that_goes_on_keeps_its_lease(desk: Desk) -> None:
    await desk.promise(NOTIFY, NOTIFY)
    renewed, let_go = await _due(desk)
    desk.clock.advance(LEASE_SECONDS - 1)
    await desk.store.renew_effects([renewed])
    desk.clock.advance(LEASE_SECONDS - 1)
    assert [kept.key for kept in await _due(desk)] == [let_go.key]
    desk.clock.advance(2)
    assert [kept.key for kept in await _due(desk)] == [renewed.key]


async def test_a_lease_that_somebody_else_has_is_not_renewed(desk: Desk) -> None:
    await desk.promise(NOTIFY)
    (stale,) = await _due(desk)
    desk.clock.advance(LEASE_SECONDS + 1)
    (current,) = await _due(desk)
    desk.clock.advance(LEASE_SECONDS - 1)
    await desk.store.renew_effects([stale])
    desk.clock.advance(2)
    assert [kept.attempts for kept in await _due(desk)] == [3]
    await desk.store.settle(replace(current, status="done"))
    await desk.store.renew_effects([])


async def test_what_was_settled_is_not_renewed(desk: Desk) -> None:
    await desk.promise(NOTIFY)
    (taken,) = await _due(desk)
    settled = await _settle(desk, taken, Attempted(outcome="done"))
    await desk.store.renew_effects([taken])
    assert await desk.store.effect(taken.key) == settled


# What an operator does


async def _kill(desk: Desk, *effects: Effect, address: str = "ann") -> list[KeptEffect]:
    """Effects that were tried and are dead or, where that cannot be known, parked."""
    await desk.promise(*effects, address=address)
    unknown = Attempted(outcome="unknown", reason="no answer", retry=False)
    return [await _settle(desk, kept, unknown) for kept in await _due(desk, len(effects))]


async def test_a_replayed_effect_is_due_at_once_with_attempts_left(desk: Desk) -> None:
    (dead,) = await _kill(desk, NOTIFY)
    desk.clock.advance(3600)
    assert await desk.store.replay(dead.key, desk.clock.now(), attempts=2)
    again = replace(
        dead,
        status="pending",
        due_at=desk.clock.now(),
        effect=replace(NOTIFY, max_attempts=dead.attempts + 2),
        settled_at=None,
    )
    assert await desk.store.effect(dead.key) == again
    (taken,) = await _due(desk)
    assert taken == replace(again, status="performing", attempts=2)
    pending = await _settle(desk, taken, Attempted(outcome="failed", reason="503"))
    assert pending.status == "pending"
    desk.clock.set(pending.due_at)
    (last,) = await _due(desk)
    assert (await _settle(desk, last, Attempted(outcome="failed", reason="503"))).status == "dead"


async def test_a_parked_effect_is_replayed_on_a_persons_word(desk: Desk) -> None:
    (parked,) = await _kill(desk, replace(NOTIFY, repeatable=False))
    assert parked.status == "parked"
    assert await desk.store.replay(parked.key, desk.clock.now(), attempts=1)
    assert [kept.key for kept in await _due(desk)] == [parked.key]


async def test_of_many_who_replay_at_once_one_wins(desk: Desk) -> None:
    (dead,) = await _kill(desk, NOTIFY)
    won = await asyncio.gather(*(desk.store.replay(dead.key, desk.clock.now(), attempts=1) for _ in range(8)))
    assert sorted(won) == [False] * 7 + [True]
    assert len(await _due(desk)) == 1


async def test_an_attempt_from_before_a_replay_settles_nothing(desk: Desk) -> None:
    """Its number was used once: the count goes on."""
    (dead,) = await _kill(desk, NOTIFY)
    await desk.store.replay(dead.key, desk.clock.now(), attempts=1)
    (taken,) = await _due(desk)
    await desk.store.settle(replace(dead, status="done"))
    assert await desk.store.effect(dead.key) == taken


@pytest.mark.parametrize("status", ["pending", "performing", "done", "cancelled", None])
async def test_only_what_is_dead_or_parked_is_replayed(desk: Desk, status: str | None) -> None:
    (kept,) = await desk.promise(NOTIFY)
    await _bring_to(desk, kept, status)
    before = await desk.store.effect(kept.key)
    key = kept.key if status else "none"
    assert not await desk.store.replay(key, desk.clock.now() + timedelta(hours=1), attempts=5)
    assert await desk.store.effect(kept.key) == before


async def _bring_to(desk: Desk, kept: KeptEffect, status: str | None) -> None:
    if status in ("performing", "done"):
        (taken,) = await _due(desk)
        if status == "done":
            await _settle(desk, taken, Attempted(outcome="done"))
    if status == "cancelled":
        assert await desk.store.cancel(kept.key)


async def test_a_cancelled_effect_is_never_due(desk: Desk) -> None:
    (pending,) = await desk.promise(NOTIFY)
    assert await desk.store.cancel(pending.key)
    assert not await desk.store.cancel(pending.key)
    assert await desk.store.effect(pending.key) == replace(pending, status="cancelled", settled_at=desk.clock.now())
    (dead,) = await _kill(desk, NOTIFY)
    (parked,) = await _kill(desk, replace(NOTIFY, repeatable=False))
    assert [await desk.store.cancel(kept.key) for kept in (dead, parked)] == [True, True]
    desk.clock.advance(timedelta(days=30).total_seconds())
    assert await _due(desk) == []


async def test_what_is_being_done_or_was_done_cannot_be_cancelled(desk: Desk) -> None:
    await desk.promise(NOTIFY)
    (taken,) = await _due(desk)
    assert not await desk.store.cancel(taken.key)
    settled = await _settle(desk, taken, Attempted(outcome="done"))
    assert not await desk.store.cancel(taken.key)
    assert await desk.store.effect(taken.key) == settled
    assert not await desk.store.cancel("none")


# Lists


async def _listed(desk: Desk, **query: Any) -> list[str]:
    return [kept.key for kept in await desk.store.effects(EffectQuery(**query))]


async def test_effects_are_listed_the_latest_due_first(desk: Desk) -> None:
    kept = []
    for minutes in (3, 1, 2):
        due_at = desk.clock.now() + timedelta(minutes=minutes)
        kept += await desk.promise(replace(NOTIFY, due_at=due_at), replace(NOTIFY, due_at=due_at))
    expected = sorted(kept, key=lambda one: (one.due_at, one.key), reverse=True)
    assert await desk.store.effects(EffectQuery()) == expected
    assert await _listed(desk, limit=2) == [one.key for one in expected[:2]]


async def test_pages_of_effects_leave_nothing_out_and_repeat_nothing(desk: Desk) -> None:
    """Also where many are due at the same moment, and of several statuses."""
    await desk.promise(*[NOTIFY] * 7)
    await _settle(desk, (await _due(desk, 1))[0], Attempted(outcome="done"))
    await _kill(desk, NOTIFY)
    await desk.promise(*[replace(NOTIFY, due_at=desk.clock.now() + timedelta(seconds=1))] * 4)
    seen: list[KeptEffect] = []
    while page := await desk.store.effects(
        EffectQuery(limit=3, before=(seen[-1].due_at, seen[-1].key) if seen else None)
    ):
        seen += page
    assert [one.key for one in seen] == await _listed(desk)
    assert len(seen) == 12


async def test_effects_are_listed_by_status(desk: Desk) -> None:
    (dead,) = await _kill(desk, NOTIFY)
    (parked,) = await _kill(desk, replace(NOTIFY, repeatable=False))
    (pending,) = await desk.promise(NOTIFY)
    assert await _listed(desk, statuses=frozenset({"dead"})) == [dead.key]
    assert sorted(await _listed(desk, statuses=frozenset({"dead", "parked"}))) == sorted([dead.key, parked.key])
    assert await _listed(desk, statuses=frozenset({"pending", "performing"})) == [pending.key]
    assert await _listed(desk, statuses=frozenset({"cancelled"})) == []
    assert len(await _listed(desk)) == 3


async def test_effects_are_listed_by_kind(desk: Desk) -> None:
    kinds = ["notify", "notify:example.com:1f2e", "notify_else", "send", "notify%"]
    kept = await desk.promise(*(Effect(kind=kind) for kind in kinds))
    by_kind = {kind: one.key for kind, one in zip(kinds, kept, strict=True)}
    assert sorted(await _listed(desk, kind="notify")) == sorted(by_kind[kind] for kind in kinds[:2])
    assert await _listed(desk, kind="notify:example.com") == [by_kind["notify:example.com:1f2e"]]
    assert await _listed(desk, kind="notify%") == [by_kind["notify%"]]
    assert await _listed(desk, kind="notif") == await _listed(desk, kind="") == []


async def test_effects_of_another_tenant_are_out_of_reach(stores: Stores, desk: Desk) -> None:
    (dead,) = await _kill(desk, NOTIFY)
    other = stores.tenant("other")
    assert await other.effects(EffectQuery()) == []
    assert not await other.replay(dead.key, desk.clock.now(), attempts=1)
    assert not await other.cancel(dead.key)
    await other.renew_effects([dead])
    assert await desk.store.effect(dead.key) == dead
