"""Bindings as lists see them: what the events of turns make of them (CV.7, CV.8, CV.30, CV.31)."""

from dataclasses import replace

import pytest

from antiphon.core.effect import Effect
from antiphon.core.errors import LeaseLost
from antiphon.core.event import BindingBegun, BindingMigrated, BindingMoved, MessageReceived
from antiphon.core.names import RunId
from antiphon.core.run import Claim
from antiphon.engine.left import BindingsLeft
from antiphon.ports import BindingQuery, BindingRecord, Erasure
from tests.contracts.desk import PACK, Desk
from tests.contracts.stores import Stores

PAYMENT = BindingQuery(pack=PACK)


def begun(run_id: RunId, binding_id: str, *, process: str = "payment", ended: bool = False) -> BindingBegun:
    return BindingBegun(
        run_id=run_id,
        binding_id=binding_id,
        process_type=process,
        version="v1",
        state="closed" if ended else "pending",
        entity_id=f"INV-{binding_id}",
        entity_type="invoice",
        business_data={"amount": 100, "who": {"name": "Ann"}},
        is_terminal=ended,
    )


def moved(run_id: RunId, binding_id: str, to: str, *, ends: bool = False) -> BindingMoved:
    return BindingMoved(
        run_id=run_id,
        binding_id=binding_id,
        process_type="payment",
        version="v1",
        from_state="pending",
        to_state=to,
        trigger_type="event",
        trigger_value="paid",
        transition=2,
        actions=("resolve",),
        is_terminal=ends,
    )


async def begin(desk: Desk, *ids: str, address: str = "ann", process: str = "payment", ended: bool = False) -> Claim:
    claim = await desk.begin(address=address)
    events = [begun(claim.run.id, one, process=process, ended=ended) for one in ids]
    await desk.store.commit(desk.turn(claim, events=events))
    desk.clock.advance(1)
    return claim


async def move(desk: Desk, *events: BindingMoved | BindingMigrated, address: str = "ann") -> Claim:
    claim = await desk.begin(address=address)
    await desk.store.commit(desk.turn(claim, events=[replace(one, run_id=claim.run.id) for one in events]))
    return claim


async def known(desk: Desk, binding_id: str) -> BindingRecord:
    found = await desk.store.binding(binding_id)
    assert found is not None
    return found


async def ids(desk: Desk, query: BindingQuery) -> list[str]:
    return [one.id for one in await desk.store.bindings(query)]


async def test_cv_8_a_binding_comes_back_as_it_began(desk: Desk) -> None:
    at = desk.clock.now()
    claim = await begin(desk, "b1")
    assert await known(desk, "b1") == BindingRecord(
        id="b1",
        conversation_id=claim.conversation_id,
        contact_id=claim.contact_id,
        pack=PACK,
        process_type="payment",
        version="v1",
        state="pending",
        entity_id="INV-b1",
        entity_type="invoice",
        business_data={"amount": 100, "who": {"name": "Ann"}},
        is_terminal=False,
        created_at=at,
        updated_at=at,
        resolved_at=None,
    )
    assert await desk.store.binding("b2") is None


async def test_cv_31_a_binding_stands_where_it_moved_and_its_moves_are_kept(desk: Desk) -> None:
    await begin(desk, "b1", "b2")
    begins = await known(desk, "b1")
    await move(desk, moved("", "b1", "reminded"), moved("", "b2", "overdue"))
    desk.clock.advance(60)
    migrated = BindingMigrated(
        run_id="",
        binding_id="b1",
        process_type="payment",
        from_version="v1",
        to_version="v2",
        from_state="reminded",
        to_state="told",
    )
    await move(desk, migrated)
    desk.clock.advance(60)
    await move(desk, moved("", "b1", "confirmed", ends=True))
    now = desk.clock.now()
    ended = await known(desk, "b1")
    assert ended == replace(begins, state="confirmed", is_terminal=True, updated_at=now, resolved_at=now)
    assert (await known(desk, "b2")).state == "overdue"
    moves = await desk.store.moves(ended)
    assert [one.moved.to_state for one in moves] == ["reminded", "told", "confirmed"]
    assert [one.sequence for one in moves] == sorted(one.sequence for one in moves)
    assert isinstance(moves[-1].moved, BindingMoved)
    assert (moves[-1].moved.actions, moves[-1].at) == (("resolve",), now)


async def test_a_binding_that_begins_at_its_end_is_resolved(desk: Desk) -> None:
    at = desk.clock.now()
    await begin(desk, "b1", ended=True)
    assert (await known(desk, "b1")).resolved_at == at


async def test_cv_7_bindings_are_listed_by_whatever_is_asked(desk: Desk) -> None:
    ann = await begin(desk, "b1", "b2")  # of one moment: by id
    await begin(desk, "b3", process="order")
    bob = await begin(desk, "b4", address="bob")
    await move(desk, moved("", "b1", "confirmed", ends=True))
    every = ["b4", "b3", "b2", "b1"]
    asked = {
        PAYMENT: every,
        replace(PAYMENT, limit=2): every[:2],
        replace(PAYMENT, open_only=True): ["b4", "b3", "b2"],
        replace(PAYMENT, process_type="payment"): ["b4", "b2", "b1"],
        replace(PAYMENT, state="confirmed"): ["b1"],
        replace(PAYMENT, process_type="payment", state="pending"): ["b4", "b2"],
        replace(PAYMENT, process_type="payment", state="confirmed", open_only=True): [],
        replace(PAYMENT, conversation_id=ann.conversation_id): ["b3", "b2", "b1"],
        replace(PAYMENT, conversation_id=ann.conversation_id, open_only=True): ["b3", "b2"],
        replace(PAYMENT, contact_id=bob.contact_id): ["b4"],
        replace(PAYMENT, contact_id="nobody"): [],
        replace(PAYMENT, entity=("invoice", "INV-b2")): ["b2"],
        replace(PAYMENT, entity=("order", "INV-b2")): [],
        replace(PAYMENT, pack="another"): [],
    }
    for query, expected in asked.items():
        assert await ids(desk, query) == expected, query


async def test_a_binding_of_an_abandoned_turn_never_began(desk: Desk) -> None:
    claim = await desk.begin()
    await desk.store.release(claim)
    with pytest.raises(LeaseLost):
        await desk.store.commit(desk.turn(claim, events=[begun(claim.run.id, "b1")]))
    assert await desk.store.binding("b1") is None


async def test_bindings_belong_to_a_tenant(stores: Stores, desk: Desk) -> None:
    await begin(desk, "b1")
    assert await stores.tenant("other").binding("b1") is None
    assert await stores.tenant("other").bindings(PAYMENT) == []


async def test_cv_11_bindings_are_counted(desk: Desk) -> None:
    await begin(desk, "b1", "b2")
    await begin(desk, "b3", process="order")
    await move(desk, moved("", "b1", "confirmed", ends=True))
    tally = await desk.store.tally(PACK)
    assert tally.bindings == {"payment": {"confirmed": 1, "pending": 1}, "order": {"pending": 1}}
    assert tally.open_bindings == 2
    assert (await desk.store.tally("another")).bindings == {}


async def test_af_9_what_an_erased_run_began_is_gone_and_what_it_moved_stands_where_it_was(desk: Desk) -> None:
    first = await begin(desk, "b1")
    await begin(desk, "b2")
    before = await known(desk, "b1")
    last = await move(desk, moved("", "b1", "confirmed", ends=True), moved("", "b2", "overdue"))
    await erase(desk, last)
    assert await known(desk, "b1") == before
    assert await desk.store.moves(before) == []
    await erase(desk, first)
    assert await desk.store.binding("b1") is None
    assert (await known(desk, "b2")).state == "pending"


async def test_nobody_is_reminded_of_a_binding_that_was_erased(desk: Desk) -> None:
    first = await begin(desk, "b1")
    await begin(desk, "b2")
    claim = await desk.begin()
    effects = [
        Effect(kind=kind, binding_id=one) for kind, one in (("followup", "b1"), ("check", "b2"), ("followup", None))
    ]
    await desk.store.commit(desk.turn(claim, effects=tuple(effects)))
    await erase(desk, first)
    kept = [await desk.store.effect(f"{claim.run.id}:{place}") for place in range(3)]
    assert [one.status for one in kept if one] == ["cancelled", "pending", "pending"]


async def erase(desk: Desk, claim: Claim) -> None:
    """As the engine does it: all that the rest of the log tells of stays."""
    record = await desk.store.conversation(claim.conversation_id)
    assert record is not None
    log = await desk.store.events(record.id)
    left, gone = BindingsLeft(record), []
    for sealed in log:
        told = desk.told(sealed)
        if told is None:
            continue
        if told.run_id == claim.run.id:
            gone.append(sealed.sequence)
        else:
            left.tell(told, sealed.at)
    erased = await desk.store.erase_run(
        Erasure(
            conversation_id=record.id,
            run_ids=(claim.run.id,),
            expected=record.sequence,
            events=tuple(gone),
            tombstones=desk.sealed(
                replace(claim, head=record.head, sequence=record.sequence),
                [MessageReceived(run_id=claim.run.id, channel="chat", text="")],
            ),
            conversation=record.state,
            at=desk.clock.now(),
            bindings=left.all(),
        )
    )
    assert erased
