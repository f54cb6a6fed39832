"""Tenants: two never see each other's anything, though they use the same ids, keys and addresses."""

from dataclasses import dataclass

import pytest

from antiphon.core.effect import Effect
from antiphon.core.errors import LeaseLost, StoreUnavailable
from antiphon.core.lead import Lead
from antiphon.core.passage import Passage
from antiphon.testing import CountingIds, SettableClock
from tests.contracts.desk import PACK, SPACE, WORKER, Desk
from tests.contracts.stores import Stores


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """The desks of two tenants, whose ids are the same."""

    red: Desk
    blue: Desk


@pytest.fixture
def pair(stores: Stores, clock: SettableClock) -> Pair:
    return Pair(
        red=Desk(store=stores.tenant("red"), clock=clock, ids=CountingIds()),
        blue=Desk(store=stores.tenant("blue"), clock=clock, ids=CountingIds()),
    )


async def _live(desk: Desk, text: str) -> None:
    """Something of every kind, under ids that the other tenant uses too."""
    accepted = await desk.store.accept(desk.arrival(text, key="k-1", fingerprint=text), claim_for=WORKER)
    assert accepted.claim is not None
    lead = Lead(id="LEAD-00001", form="signup", values={"text": text})
    effect = Effect(kind="notify", payload={"text": text})
    await desk.store.commit(desk.turn(accepted.claim, leads=(lead,), effects=(effect,)))
    await desk.store.index(PACK, [Passage(id="faq/1", source="faq.json", title="", text=text)])


async def test_both_keep_their_own_under_the_same_ids(pair: Pair) -> None:
    await _live(pair.red, "rose")
    await _live(pair.blue, "sky")
    for desk, text, other in ((pair.red, "rose", "sky"), (pair.blue, "sky", "rose")):
        record = await desk.record()
        assert [said.text for said in record.state.recent] == [text, "Hello!"]
        await desk.check_log(record.id, record)
        assert [lead.lead.values for lead in await desk.store.leads(PACK)] == [{"text": text}]
        due = await desk.store.claim_due(WORKER, desk.clock.now(), 10)
        assert [kept.effect.payload for kept in due] == [{"text": text}]
        assert len(await desk.store.search(PACK, [text], 10)) == 1
        assert await desk.store.search(PACK, [other], 10) == []


async def test_nothing_of_one_is_seen_by_the_other(pair: Pair) -> None:
    await _live(pair.red, "rose")
    waiting = await pair.red.arrive("second")
    red, blue = await pair.red.record(), pair.blue.store
    assert await blue.run(waiting.id) is None
    assert await blue.steps(waiting.id) == []
    assert await blue.waiting(10) == []
    assert await blue.claim(red.id, WORKER) is None
    assert await blue.conversation_at(PACK, SPACE, "ann") is None
    assert await blue.conversations(PACK) == []
    assert await blue.events(red.id) == []
    assert await blue.transcripts([red.id]) == {red.id: []}
    assert await blue.leads(PACK) == []
    assert await blue.claim_due(WORKER, pair.blue.clock.now(), 10) == []
    assert await blue.search(PACK, ["rose"], 10) == []


async def test_one_cannot_act_on_what_the_other_holds(pair: Pair) -> None:
    claim = await pair.red.begin()
    turn = pair.red.turn(claim, effects=(Effect(kind="notify"),))
    with pytest.raises(LeaseLost):
        await pair.blue.store.commit(turn)
    await pair.blue.store.release(claim)
    await pair.red.store.commit(turn)
    (kept,) = await pair.red.store.claim_due(WORKER, pair.red.clock.now(), 10)
    await pair.blue.store.settle(kept)
    assert await pair.blue.store.effect(kept.key) is None
    assert await pair.red.store.effect(kept.key) == kept


async def test_a_key_of_one_is_free_for_the_other(pair: Pair) -> None:
    red = await pair.red.store.accept(pair.red.arrival(key="k-1", fingerprint="a"))
    blue = await pair.blue.store.accept(pair.blue.arrival(key="k-1", fingerprint="b"))
    assert (red.replay, blue.replay) == (False, False)


async def test_each_counts_for_itself(pair: Pair) -> None:
    assert [await pair.red.store.next_number("lead") for _ in range(2)] == [1, 2]
    assert await pair.blue.store.next_number("lead") == 1


async def test_indexing_for_one_leaves_the_other_alone(pair: Pair) -> None:
    await _live(pair.red, "rose")
    await pair.blue.store.index(PACK, ())
    assert len(await pair.red.store.search(PACK, ["rose"], 10)) == 1


async def test_a_tenant_is_the_same_however_often_it_is_asked_for(stores: Stores, pair: Pair) -> None:
    run = await pair.red.arrive()
    assert await stores.tenant("red").run(run.id) == run


async def test_a_store_in_use_checks_out(desk: Desk) -> None:
    await desk.store.check()


async def test_a_closed_store_says_so(desk: Desk) -> None:
    run = await desk.arrive()
    await desk.store.close()
    with pytest.raises(StoreUnavailable):
        await desk.store.accept(desk.arrival())
    with pytest.raises(StoreUnavailable):
        await desk.store.run(run.id)
    with pytest.raises(StoreUnavailable):
        await desk.store.check()


async def test_tenants_are_listed_once_they_have_conversations(stores: Stores, clock: SettableClock) -> None:
    assert await stores.tenants() == []
    for name in ("south", "north"):
        await Desk(store=stores.tenant(name), clock=clock, ids=CountingIds()).work()
    assert await stores.tenants() == ["north", "south"]
