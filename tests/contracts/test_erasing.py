"""Erasing a run (AF.9): nothing of it is left but a tombstone, the chain verifies, and the others go on."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from antiphon.core.change import Change
from antiphon.core.effect import Effect
from antiphon.core.errors import IdempotencyKeyReused, LeaseLost, NewerMessage, StoreUnavailable
from antiphon.core.event import FormProgressed, MessageReceived, RunErased, decode
from antiphon.core.lead import Lead
from antiphon.core.names import RunId
from antiphon.core.run import Claim, Outcome, Run
from antiphon.core.step import Step
from antiphon.engine.audit import audit
from antiphon.engine.engine import Engine
from antiphon.engine.erase import TRIES, erase
from antiphon.ports import CompletedTurn, Erasure, RunQuery, Store
from antiphon.queue.memory import MemoryWakeUps
from antiphon.signals.memory import MemoryHotState, MemorySignals
from tests.contracts.desk import MERGING, PACK, SPACE, WORKER, Desk

SECRET = "my-name-is-mallory"


@dataclass
class Notebook:
    """A sink that writes down which conversations it is to write anew."""

    rewritten: list[str] = field(default_factory=list)

    async def committed(self, turn: CompletedTurn) -> None:
        """No turn is announced here."""

    async def erased(self, conversation_id: str) -> None:
        self.rewritten.append(conversation_id)


@pytest.fixture
def engine(desk: Desk) -> Engine:
    return Engine(
        owner=WORKER,
        store=desk.store,
        clock=desk.clock,
        ids=desk.ids,
        businesses={},
        signals=MemorySignals(),
        wake_ups=MemoryWakeUps(),
        hot=MemoryHotState(clock=desk.clock),
        sinks=[Notebook()],
    )


async def _whole(desk: Desk, claim: Claim) -> None:
    """A turn with something of every kind, all of which tells the secret."""
    run_id = claim.run.id
    await desk.store.commit(
        desk.turn(
            claim,
            events=[
                MessageReceived(run_id=run_id, channel="chat", text=SECRET),
                FormProgressed(run_id=run_id, form="signup", status="done", filled={"name": SECRET}),
            ],
            outcome=Outcome(status="completed", reply=SECRET, intent="signup", facts={"name": SECRET}),
            steps=(Step(node="n", agent="a", action="b", output=SECRET, why={}, ms=1.0),),
            effects=(Effect(kind="notify", payload={"text": SECRET}), Effect(kind="send")),
            leads=(Lead(id="LEAD-00001", form="signup", values={"name": SECRET}),),
        )
    )


async def _told(desk: Desk, conversation_id: str) -> str:
    """All that the store says of a conversation."""
    record = await desk.store.conversation(conversation_id)
    events = await desk.store.events(conversation_id)
    runs = await desk.store.runs(RunQuery(pack=PACK))
    return f"{record} {[event.payload for event in events]} {runs} {await desk.store.leads(PACK)}"


async def _holds(desk: Desk) -> None:
    """What `antiphon audit verify` asks for, and that the snapshot is the fold of what is left."""
    async for audited in audit(desk.store):
        assert audited.broken is None
    for record in await desk.store.conversations(PACK):
        await desk.check_log(record.id, record)


async def test_af_9_nothing_of_an_erased_run_is_left(desk: Desk, engine: Engine) -> None:
    claim = await desk.begin(SECRET)
    await _whole(desk, claim)
    run_id = claim.run.id
    assert SECRET in await _told(desk, claim.conversation_id)
    assert await erase(engine, run_id)
    assert SECRET not in await _told(desk, claim.conversation_id)
    assert await desk.store.run(run_id) is None
    assert await desk.store.steps(run_id) == []
    assert await desk.store.effect(f"{run_id}:0") is None
    assert await desk.store.effect(f"{run_id}:1") is None
    assert await desk.store.claim_due(WORKER, desk.clock.now(), 10) == []
    assert await desk.store.leads(PACK) == []
    await _holds(desk)


async def test_af_9_a_tombstone_says_which_run_and_nothing_else(desk: Desk, engine: Engine) -> None:
    claim = await desk.begin(SECRET)
    await _whole(desk, claim)
    desk.clock.advance(5)
    await erase(engine, claim.run.id)
    *before, tombstone = await desk.store.events(claim.conversation_id)
    assert [(event.payload, event.key) for event in before] == [(None, None)] * 2
    assert tombstone.payload is not None
    assert decode(tombstone.kind, tombstone.payload) == RunErased(run_id=claim.run.id)
    assert json.loads(tombstone.payload) == {"run_id": claim.run.id}
    record = await desk.record()
    assert (record.updated_at, record.sequence, tombstone.at) == (desk.clock.now(), 3, desk.clock.now())


async def test_af_9_what_is_not_there_cannot_be_erased(desk: Desk, engine: Engine) -> None:
    claim = await desk.work()
    before = await desk.record()
    assert not await erase(engine, desk.ids.new())
    assert await desk.record() == before
    assert await erase(engine, claim.run.id)
    before = await desk.record()
    assert not await erase(engine, claim.run.id)
    assert await desk.record() == before


async def test_af_9_the_other_runs_of_a_conversation_are_as_they_were(desk: Desk, engine: Engine) -> None:
    first = await desk.work("first")
    second = await desk.begin(SECRET)
    await _whole(desk, second)
    third = await desk.begin("third")
    step = Step(node="n", agent="a", action="b", output="o", why={}, ms=1.0)
    lead = Lead(id="LEAD-00002", form="signup", values={})
    await desk.store.commit(desk.turn(third, steps=(step,), effects=(Effect(kind="x"),), leads=(lead,)))
    other = await desk.work("elsewhere", address="bob")
    kept = [await desk.known(claim.run) for claim in (first, third, other)]
    assert await erase(engine, second.run.id)
    assert [await desk.known(claim.run) for claim in (first, third, other)] == kept
    assert await desk.store.steps(third.run.id) == [step]
    assert await desk.store.effect(f"{third.run.id}:0") is not None
    assert [record.lead.id for record in await desk.store.leads(PACK)] == ["LEAD-00002"]
    record = await desk.record()
    assert [said.text for said in record.state.recent] == ["first", "Hello!", "third", "Hello!"]
    assert record.state.collected == {}
    await _holds(desk)
    await desk.work("and on it goes")
    assert (await desk.record()).state.messages == 6
    await _holds(desk)


async def test_af_9_an_idempotency_key_is_free_again(desk: Desk, engine: Engine) -> None:
    first = await desk.store.accept(desk.arrival(key="k", fingerprint="f"))
    with pytest.raises(IdempotencyKeyReused):
        await desk.store.accept(desk.arrival(key="k", fingerprint="g"))
    assert await erase(engine, first.run.id)
    again = await desk.store.accept(desk.arrival(key="k", fingerprint="g"))
    assert not again.replay


# What waits


@pytest.mark.parametrize("erased", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (2, 1, 0)])
async def test_af_9_a_run_that_waits_is_never_worked_and_the_others_are(
    desk: Desk, engine: Engine, erased: tuple[int, ...]
) -> None:
    runs = [await desk.arrive(str(number)) for number in range(3)]
    for number in erased:
        assert await erase(engine, runs[number].id)
    left = [run for number, run in enumerate(runs) if number not in erased]
    assert await _worked(desk, runs[0].conversation_id) == [run.id for run in left]
    later = await desk.arrive("later")
    assert later.position == 4
    assert await _worked(desk, later.conversation_id) == [later.id]
    await _holds(desk)


async def _worked(desk: Desk, conversation_id: str) -> list[RunId]:
    """Work all that waits, one by one, as a worker does that keeps the conversation."""
    worked: list[RunId] = []
    assert len(await desk.store.waiting(10)) <= 1
    claim = await desk.store.claim(conversation_id, WORKER)
    while claim:
        worked.append(claim.run.id)
        claim = await desk.store.commit(desk.turn(claim), keep_for=WORKER)
    assert await desk.store.waiting(10) == []
    return worked


async def test_af_9_a_conversation_with_nothing_left_is_claimed_by_its_next_arrival(desk: Desk, engine: Engine) -> None:
    assert await erase(engine, (await desk.arrive()).id)
    assert await desk.store.waiting(10) == []
    assert (await desk.begin()).run.position == 2


async def test_af_9_a_gap_between_messages_does_not_keep_them_from_being_merged(desk: Desk, engine: Engine) -> None:
    runs = [await desk.arrive(str(number)) for number in range(5)]
    event = await desk.arrive("paid", kind="event")
    for number in (1, 4):
        await erase(engine, runs[number].id)
    claim = await desk.claim(runs[0].conversation_id, merge=MERGING)
    assert [run.id for run in claim.runs] == [runs[0].id, runs[2].id, runs[3].id]
    following = await desk.store.commit(desk.turn(claim), keep_for=WORKER, merge=MERGING)
    assert following is not None
    assert following.run.id == event.id


@pytest.mark.parametrize("kind", ["message", "event"])
async def test_af_9_a_draft_gives_way_to_the_message_behind_a_gap(desk: Desk, engine: Engine, kind: str) -> None:
    first, gap = await desk.arrive("first"), await desk.arrive("gap")
    behind = await desk.arrive("behind", kind=kind)  # type: ignore[arg-type]  # both are kinds
    await erase(engine, gap.id)
    claim = await desk.claim(first.conversation_id)
    turn = desk.turn(claim, refuse_if_newer=True)
    if kind == "message":
        with pytest.raises(NewerMessage):
            await desk.store.commit(turn)
    else:
        await desk.store.commit(turn)
        assert (await desk.claim(first.conversation_id)).run.id == behind.id


# What is under way


@pytest.mark.parametrize("which", ["the run itself", "one that waits behind it", "one that was worked before it"])
async def test_af_9_a_turn_under_way_is_lost_and_the_other_runs_wait_again(
    desk: Desk, engine: Engine, which: str
) -> None:
    before = await desk.work("before")
    await desk.arrive("one")
    under_way = await desk.claim(before.conversation_id)
    behind = await desk.arrive("behind")
    run = {"the run itself": under_way.run, "one that waits behind it": behind}.get(which, before.run)
    left = [one.id for one in (under_way.run, behind) if one.id != run.id]
    assert await erase(engine, run.id)
    with pytest.raises(LeaseLost):
        await desk.store.commit(desk.turn(under_way))
    await desk.store.release(under_way)  # and giving it back disturbs nobody
    assert {(await desk.store.run(run_id)).status for run_id in left} == {"queued"}  # type: ignore[union-attr]
    assert await desk.store.waiting(10) == [before.conversation_id]
    assert await _worked(desk, before.conversation_id) == left
    await _holds(desk)


async def test_af_9_of_a_claim_that_merges_the_others_wait_again(desk: Desk, engine: Engine) -> None:
    runs = [await desk.arrive(str(number)) for number in range(3)]
    claim = await desk.claim(runs[0].conversation_id, merge=MERGING)
    assert await erase(engine, runs[1].id)
    with pytest.raises(LeaseLost):
        await desk.store.commit(desk.turn(claim))
    assert await desk.statuses(runs[0], runs[2]) == ["queued", "queued"]


@pytest.mark.parametrize("asked", [0, 1, 2])
async def test_af_9_runs_that_were_one_turn_are_erased_together(desk: Desk, engine: Engine, asked: int) -> None:
    """The log has the words of all of them in one event, under the run that the turn is recorded under."""
    runs = [await desk.arrive(f"{SECRET} {number}") for number in range(3)]
    claim = await desk.claim(runs[0].conversation_id, merge=MERGING)
    words = "\n".join(run.change.value for run in runs)
    await desk.store.commit(desk.turn(claim, events=[MessageReceived(run_id=claim.run.id, channel="chat", text=words)]))
    alone = await desk.work("alone")
    assert [run.id for run in await desk.store.runs_of_turn(runs[asked].id)] == [run.id for run in runs]
    assert [run.id for run in await desk.store.runs_of_turn(alone.run.id)] == [alone.run.id]
    assert await erase(engine, runs[asked].id)
    assert SECRET not in await _told(desk, claim.conversation_id)
    assert [run.id for run in await desk.store.runs(RunQuery(pack=PACK))] == [alone.run.id]
    kinds = [event.kind for event in await desk.store.events(claim.conversation_id)]
    assert kinds == ["message_received", "message_received", "message_sent"] + ["run_erased"] * 3
    await _holds(desk)


# At the same time as others


async def test_af_9_a_turn_that_is_committed_meanwhile_is_not_overwritten(desk: Desk, engine: Engine) -> None:
    first = await desk.work(SECRET)
    between = _Between(desk)
    assert await erase(replace(engine, store=between.store), first.run.id)
    assert between.left == 0
    record = await desk.record()
    assert [said.text for said in record.state.recent] == ["meanwhile", "Hello!"] * 2
    await _holds(desk)


async def test_af_9_a_conversation_that_is_never_at_rest_is_not_available(desk: Desk, engine: Engine) -> None:
    first = await desk.work(SECRET)
    with pytest.raises(StoreUnavailable, match="too busy"):
        await erase(replace(engine, store=_Between(desk, TRIES).store), first.run.id)
    assert await desk.store.run(first.run.id) is not None


class _Between:
    """A store in which turns are committed between the look at a log and its erasing."""

    def __init__(self, desk: Desk, turns: int = 2) -> None:
        self._desk = desk
        self.left = turns

    @property
    def store(self) -> Store:
        """As the engine sees it."""
        return cast(Store, self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk.store, name)

    async def erase_run(self, erasure: Erasure) -> bool:
        if self.left:
            self.left -= 1
            await self._desk.work("meanwhile")
        return await self._desk.store.erase_run(erasure)


async def test_af_9_of_several_who_erase_a_run_at_once_one_does(desk: Desk, engine: Engine) -> None:
    claim = await desk.work()
    done = await asyncio.gather(*(erase(engine, claim.run.id) for _ in range(4)))
    assert sorted(done) == [False, False, False, True]
    assert len(await desk.store.events(claim.conversation_id)) == 3


async def test_af_9_runs_are_erased_while_the_conversation_goes_on(desk: Desk, engine: Engine) -> None:
    claims = [await desk.work(f"{SECRET} {number}") for number in range(6)]

    async def talk() -> None:
        for _ in range(6):
            run = await desk.arrive("talk")
            while (await desk.known(run)).status != "completed":
                try:
                    claim = await desk.store.claim(run.conversation_id, WORKER)
                    if claim:
                        await desk.store.commit(desk.turn(claim))
                except LeaseLost:
                    continue

    await asyncio.gather(talk(), *(erase(engine, claim.run.id) for claim in claims))
    assert SECRET not in await _told(desk, claims[0].conversation_id)
    assert (await desk.record()).state.messages == 12
    await _holds(desk)


# Who it was


async def _alone(desk: Desk) -> Run:
    """A run with a conversation of its own."""
    arrival = desk.arrival(SECRET)
    return (await desk.store.accept(replace(arrival, address=arrival.run_id))).run


@pytest.mark.parametrize("worked", [True, False])
async def test_af_9_an_address_that_was_the_runs_own_id_is_forgotten(desk: Desk, engine: Engine, worked: bool) -> None:
    run = await _alone(desk)
    if worked:
        await desk.store.commit(desk.turn(await desk.claim(run.conversation_id)))
    assert await erase(engine, run.id)
    assert await desk.store.conversation_at(PACK, SPACE, run.id) is None
    assert await desk.store.conversations_with(run.id) == []
    assert await desk.store.conversation(run.conversation_id) is not None, "the head of the chain is in it"
    await _holds(desk)


async def test_af_9_an_address_whose_conversation_holds_more_stays(desk: Desk, engine: Engine) -> None:
    run = await _alone(desk)
    more = await desk.store.accept(replace(desk.arrival("more"), address=run.id))
    assert await erase(engine, run.id)
    assert await desk.store.conversation_at(PACK, SPACE, run.id) is not None
    assert await _worked(desk, run.conversation_id) == [more.run.id]


async def test_af_9_a_person_stays_known_by_what_others_call_them(desk: Desk, engine: Engine) -> None:
    claim = await desk.work(address="ann")
    assert await erase(engine, claim.run.id)
    assert (await desk.record("ann")).id == claim.conversation_id


# Afterwards


async def test_af_9_every_copy_is_told(desk: Desk, engine: Engine) -> None:
    claim = await desk.work(SECRET)
    assert engine.hot is not None
    await engine.hot.put(PACK, claim.run.id, {"run_id": claim.run.id, "text": SECRET})
    await engine.hot.add_step(PACK, claim.run.id, {"output": SECRET})
    waiting = engine.signals.finished(claim.run.id)
    assert await erase(engine, claim.run.id)
    assert await engine.hot.get(PACK, claim.run.id) is None
    assert await engine.hot.steps(PACK, claim.run.id) == []
    (sink,) = engine.sinks
    assert isinstance(sink, Notebook)
    assert sink.rewritten == [claim.conversation_id]
    async with asyncio.timeout(5):
        assert (await waiting).reason == "it was erased"
        assert await engine.wake_ups.next(1) == claim.conversation_id


async def test_af_9_nobody_is_told_of_what_was_not_erased(desk: Desk, engine: Engine) -> None:
    assert not await erase(engine, desk.ids.new())
    (sink,) = engine.sinks
    assert isinstance(sink, Notebook)
    assert sink.rewritten == []


async def test_af_9_a_run_of_any_kind_of_change_is_erased(desk: Desk, engine: Engine) -> None:
    run = (await desk.store.accept(replace(desk.arrival(), change=Change(kind="form", value=SECRET)))).run
    await desk.store.commit(desk.turn(await desk.claim(run.conversation_id)))
    assert await erase(engine, run.id)
    assert SECRET not in await _told(desk, run.conversation_id)
