"""Follow-ups as lists see them, and the turns that end them (CV.13, CV.26, CV.35)."""

from dataclasses import replace
from datetime import timedelta

from antiphon.core.effect import Attempted, Effect, KeptEffect, settle
from antiphon.ports import Cancel, Closed, FollowUpQuery, FollowUpStatus, Promise
from tests.contracts.desk import PACK, WORKER, Desk
from tests.contracts.stores import Stores

ALL = FollowUpQuery(pack=PACK)
SEND = Effect(kind="followup", payload={"template": "reminder"}, binding_id="b1", repeatable=True)
CHECK = Effect(kind="check", binding_id="b1")
UPDATE = Effect(kind="backend_update", binding_id="b1")
BOTH = frozenset({"followup", "check"})


async def taken(desk: Desk) -> KeptEffect:
    (kept,) = await desk.store.claim_due(WORKER, desk.clock.now(), 1)
    return kept


async def settled(desk: Desk, attempted: Attempted) -> KeptEffect:
    after = settle(await taken(desk), attempted, desk.clock.now())
    await desk.store.settle(after)
    return after


async def turn(
    desk: Desk, *effects: Effect, cancels: tuple[Cancel, ...] = (), closes: Closed | None = None, address: str = "ann"
) -> list[str]:
    claim = await desk.begin(address=address)
    await desk.store.commit(desk.turn(claim, effects=effects, cancels=cancels, closes=closes))
    return [f"{claim.run.id}:{place}" for place in range(len(effects))]


async def statuses(desk: Desk, query: FollowUpQuery = ALL) -> list[FollowUpStatus]:
    return [one.status for one in await desk.store.follow_ups(query)]


async def keys(desk: Desk, query: FollowUpQuery) -> list[str]:
    return [one.kept.key for one in await desk.store.follow_ups(query)]


async def test_cv_13_a_follow_up_goes_from_scheduled_to_completed(desk: Desk) -> None:
    promised_at = desk.clock.now()
    await turn(desk, SEND)
    assert await statuses(desk) == ["scheduled"]
    desk.clock.advance(5)
    begun_at = desk.clock.now()
    kept = await taken(desk)
    assert await statuses(desk) == ["in_progress"]
    desk.clock.advance(5)
    done = settle(kept, Attempted(outcome="done", detail={"channel": "email", "n": [1]}), desk.clock.now())
    await desk.store.settle(done)
    (listed,) = await desk.store.follow_ups(ALL)
    assert listed.kept == replace(done, status="done")
    assert (listed.kept.effect.binding_id, listed.kept.detail) == ("b1", {"channel": "email", "n": [1]})
    assert (listed.created_at, listed.started_at, listed.kept.settled_at) == (promised_at, begun_at, desk.clock.now())
    assert (listed.status, listed.closed) == ("awaiting_reply", None)
    assert listed.contact_id == (await desk.record()).contact_id
    await turn(desk, closes="completed")
    assert await statuses(desk) == ["completed"]
    await turn(desk, closes="escalated")
    assert await statuses(desk) == ["completed"], "it is closed once"


async def test_what_was_sent_is_closed_and_what_is_promised_is_not(desk: Desk) -> None:
    await turn(desk, SEND, CHECK)
    for _ in range(2):
        await settled(desk, Attempted(outcome="done"))
    assert sorted(await statuses(desk)) == ["awaiting_reply", "completed"], "nobody answers a check"
    await turn(desk, SEND, closes="escalated")
    assert sorted(await statuses(desk)) == ["completed", "escalated", "scheduled"]
    await turn(desk, closes="completed", address="bob")
    assert sorted(await statuses(desk)) == ["completed", "escalated", "scheduled"]


async def test_a_check_that_failed_is_not_completed(desk: Desk) -> None:
    await turn(desk, replace(CHECK, max_attempts=1))
    await settled(desk, Attempted(outcome="failed", reason="no"))
    assert await statuses(desk) == ["failed"]


async def test_what_failed_is_scheduled_again_until_it_has_failed_for_good(desk: Desk) -> None:
    await turn(desk, replace(SEND, max_attempts=2))
    first = await settled(desk, Attempted(outcome="failed", reason="no", detail={"channel": "sms"}))
    assert (first.settled_at, first.detail) == (None, {"channel": "sms"})
    assert await statuses(desk) == ["scheduled"]
    desk.clock.set(first.due_at)
    await settled(desk, Attempted(outcome="failed", reason="no"))
    assert await statuses(desk) == ["failed"]


async def test_a_turn_cancels_what_it_names_and_nothing_else(desk: Desk) -> None:
    other = replace(SEND, binding_id="b2")
    send, check, update, second = await turn(desk, SEND, CHECK, UPDATE, other)
    (bobs,) = await turn(desk, SEND, address="bob")

    async def stand() -> dict[str, str]:
        found = [await desk.store.effect(key) for key in (send, check, update, second, bobs)]
        names = ("send", "check", "update", "second", "bobs")
        return {name: one.status for name, one in zip(names, found, strict=True) if one}

    await turn(desk, cancels=(Cancel(kinds=frozenset({"followup"}), binding_id="b1"),))
    expected = dict.fromkeys(("send", "check", "update", "second", "bobs"), "pending") | {"send": "cancelled"}
    assert await stand() == expected
    cancelled = await desk.store.effect(send)
    assert cancelled is not None
    assert cancelled.settled_at == desk.clock.now()
    await turn(desk, cancels=(Cancel(kinds=frozenset({"check"}), binding_id="b2"), Cancel(kinds=BOTH)))
    assert await stand() == expected | {"check": "cancelled", "second": "cancelled"}


async def test_a_turn_does_not_cancel_what_it_promises_itself_nor_what_is_performed(desk: Desk) -> None:
    (first,) = await turn(desk, SEND)
    assert (await taken(desk)).key == first
    (second,) = await turn(desk, SEND, cancels=(Cancel(kinds=BOTH),))
    found = [await desk.store.effect(key) for key in (first, second)]
    assert [one.status for one in found if one] == ["performing", "pending"]


async def test_a_turn_that_is_committed_again_cancels_nothing_twice(desk: Desk) -> None:
    (key,) = await turn(desk, SEND)
    await turn(desk, cancels=(Cancel(kinds=BOTH),))
    at = desk.clock.now()
    desk.clock.advance(60)
    await turn(desk, cancels=(Cancel(kinds=BOTH),))
    kept = await desk.store.effect(key)
    assert kept is not None
    assert kept.settled_at == at


async def test_cv_13_follow_ups_are_listed_by_whatever_is_asked(desk: Desk) -> None:
    made = []
    for address in ("ann", "bob", "ann"):
        made += await turn(desk, SEND, UPDATE, address=address)
        desk.clock.advance(1)
    (check,) = await turn(desk, CHECK)
    shown = [check, made[4], made[2], made[0]]
    assert await keys(desk, ALL) == shown
    assert await keys(desk, replace(ALL, limit=2)) == shown[:2]
    contact = (await desk.record("bob")).contact_id
    assert await keys(desk, replace(ALL, contact_id=contact)) == [made[2]]
    assert await keys(desk, replace(ALL, contact_id=contact, statuses=frozenset({"failed"}))) == []
    assert await keys(desk, replace(ALL, pack="another")) == []
    await desk.store.cancel(made[2])
    assert await keys(desk, replace(ALL, statuses=frozenset({"cancelled", "failed"}))) == [made[2]]
    assert await keys(desk, replace(ALL, statuses=frozenset({"scheduled"}))) == [check, made[4], made[0]]
    assert (await desk.store.tally(PACK)).follow_ups == {"scheduled": 3, "cancelled": 1}


async def test_follow_ups_belong_to_a_tenant(stores: Stores, desk: Desk) -> None:
    await turn(desk, SEND)
    assert await stores.tenant("other").follow_ups(ALL) == []


# Promises without a run


async def test_cv_38_a_promise_is_kept_once_whoever_makes_it(stores: Stores, desk: Desk) -> None:
    due = desk.clock.now() + timedelta(days=1)
    promise = Promise(key="rule:shop:remind:2026-01-02", kind="rule", payload={"rule": "remind"}, due_at=due)
    await desk.store.promise((promise, promise))
    await stores.tenant().promise((replace(promise, payload={"rule": "another"}),), "run-9")
    kept = await desk.store.effect(promise.key)
    assert kept == KeptEffect(
        key=promise.key,
        run_id="",
        conversation_id="",
        effect=Effect(kind="rule", payload={"rule": "remind"}, repeatable=True, max_attempts=5),
        status="pending",
        due_at=due,
        attempts=0,
    )
    assert await desk.store.claim_due(WORKER, desk.clock.now(), 9) == []
    desk.clock.set(due)
    assert [one.key for one in await desk.store.claim_due(WORKER, due, 9)] == [promise.key]
    await desk.store.promise((promise,))
    assert await desk.store.claim_due(WORKER, due, 9) == [], "it is not due again"
    assert await desk.store.follow_ups(ALL) == []


async def test_nothing_is_promised(desk: Desk) -> None:
    await desk.store.promise(())
    assert (await desk.store.depths()).effects["pending"] == 0
