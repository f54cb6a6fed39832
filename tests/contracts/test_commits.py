"""Commits: a turn is stored whole or not at all, by whoever holds the conversation (promises 2, 3 and 6)."""

import asyncio
from dataclasses import replace

import pytest

from antiphon.core.effect import Effect
from antiphon.core.errors import LeaseLost, NewerMessage
from antiphon.core.event import FormProgressed, HandedOff, KnowledgeConsulted, LeadCaptured, MessageReceived
from antiphon.core.lead import Lead
from antiphon.core.run import Claim, Outcome
from antiphon.core.step import Step
from antiphon.ports import CompletedTurn
from tests.contracts.desk import DONE, MERGING, PACK, WORKER, Desk
from tests.contracts.stores import LEASE_SECONDS

EFFECT = Effect(kind="notify", payload={"to": "sales"})
STEPS = (
    Step(node="classify_intent", agent="router", action="classify", why={"ranked": [["a", 0.9]]}, ms=1.5),
    Step(node="log_audit", agent="auditor", action="log", output="written"),
)


async def _full_turn(desk: Desk, claim: Claim, lead_id: str = "LEAD-00001") -> CompletedTurn:
    lead = Lead(id=lead_id, form="signup", values={"email": "ann@example.com"})
    return desk.turn(claim, steps=STEPS, effects=(EFFECT,), leads=(lead,))


async def _assert_nothing_of(desk: Desk, turn: CompletedTurn) -> None:
    record = await desk.record()
    assert (record.state, record.sequence, record.head) == (
        turn.claim.conversation,
        turn.claim.sequence,
        turn.claim.head,
    )
    assert await desk.store.events(record.id, after=turn.claim.sequence) == []
    assert await desk.store.steps(turn.claim.run.id) == []
    assert await desk.store.effect(f"{turn.claim.run.id}:0") is None
    assert turn.claim.run.id not in {lead.run_id for lead in await desk.store.leads(PACK)}
    assert (await desk.known(turn.claim.run)).outcome is None


async def test_a_turn_is_stored_with_everything_in_it(desk: Desk) -> None:
    """Promise 3, the first half: whole."""
    claim = await desk.begin()
    turn = await _full_turn(desk, claim)
    desk.clock.advance(2)
    await desk.store.commit(turn)
    record, run = await desk.record(), await desk.known(claim.run)
    assert await desk.store.events(record.id) == list(turn.events)
    assert (record.state, record.sequence, record.head) == (turn.conversation, 2, turn.events[-1].hash)
    assert (run.status, run.outcome, run.finished_at, run.merged_into) == ("completed", DONE, turn.at, None)
    assert await desk.store.steps(run.id) == list(STEPS)
    assert await desk.store.effect(f"{run.id}:0") is not None
    assert [lead.lead for lead in await desk.store.leads(PACK)] == list(turn.leads)


async def test_nothing_of_a_turn_is_there_before_it_is_committed(desk: Desk) -> None:
    await _assert_nothing_of(desk, await _full_turn(desk, await desk.begin()))


async def test_a_turn_that_fails_in_the_middle_leaves_nothing(desk: Desk) -> None:
    """Promise 3, the second half: not at all. Here another turn has used the lead's id."""
    await desk.store.commit(await _full_turn(desk, await desk.begin()))
    clash = await _full_turn(desk, await desk.begin())
    with pytest.raises(Exception, match="lead"):  # which one is the database's business: it is a defect
        await desk.store.commit(clash)
    await _assert_nothing_of(desk, clash)
    await desk.store.commit(await _full_turn(desk, clash.claim, "LEAD-00002"))


async def test_a_failing_turn_takes_nobody_else_with_it(desk: Desk) -> None:
    """Others commit at the same moment, perhaps in the same group."""
    await desk.store.commit(await _full_turn(desk, await desk.begin()))
    clash = await _full_turn(desk, await desk.begin())
    others = [await desk.begin(address=f"other-{number}") for number in range(8)]
    commits = [desk.store.commit(desk.turn(other)) for other in others]
    results = await asyncio.gather(*commits[:4], desk.store.commit(clash), *commits[4:], return_exceptions=True)
    assert [index for index, result in enumerate(results) if result is not None] == [4]
    assert set(await desk.statuses(*(other.run for other in others))) == {"completed"}


async def test_a_turn_without_events_keeps_the_head(desk: Desk) -> None:
    before = await desk.work()
    record = await desk.record()
    await desk.store.commit(desk.turn(await desk.begin(), events=()))
    assert (await desk.record()).head == record.head
    await desk.check_log(before.conversation_id, await desk.record())


@pytest.mark.parametrize("status", ["completed", "escalated", "failed"])
async def test_a_run_ends_as_its_turn_says(desk: Desk, status: str) -> None:
    outcome = Outcome(status=status, reason="because", facts={"lead": {"id": "LEAD-00001"}, "tags": ["a"]})  # type: ignore[arg-type]  # a parameter is any str
    claim = await desk.begin()
    await desk.store.commit(desk.turn(claim, outcome=outcome))
    run = await desk.known(claim.run)
    assert (run.status, run.outcome, run.finished_at) == (status, outcome, desk.clock.now())


async def test_a_run_that_waits_for_approval_frees_the_conversation(desk: Desk) -> None:
    """It has not ended, and yet whoever comes next is served."""
    held, behind = await desk.begin(), await desk.arrive("and another thing")
    await desk.store.commit(desk.turn(held, outcome=Outcome(status="awaiting_approval", reply="One moment.")))
    run = await desk.known(held.run)
    assert (run.status, run.finished_at) == ("awaiting_approval", None)
    assert (await desk.claim(held.conversation_id)).run.id == behind.id


# Who may commit


async def test_a_claim_is_committed_once(desk: Desk) -> None:
    turn = await _full_turn(desk, await desk.begin())
    await desk.store.commit(turn)
    with pytest.raises(LeaseLost):
        await desk.store.commit(turn)
    assert len(await desk.store.events(turn.claim.conversation_id)) == len(turn.events)


async def test_a_turn_commits_once_however_often_it_is_tried_at_once(desk: Desk) -> None:
    turn = await _full_turn(desk, await desk.begin())
    results = await asyncio.gather(*(desk.store.commit(turn) for _ in range(5)), return_exceptions=True)
    assert [result for result in results if result is None] == [None]
    assert all(isinstance(result, LeaseLost) for result in results if result is not None)


async def test_who_lost_the_lease_cannot_commit(desk: Desk) -> None:
    stale = await _full_turn(desk, await desk.begin())
    desk.clock.advance(LEASE_SECONDS + 1)
    current = await desk.claim(stale.claim.conversation_id)
    with pytest.raises(LeaseLost) as lost:
        await desk.store.commit(stale)
    assert lost.value.conversation_id == stale.claim.conversation_id
    await _assert_nothing_of(desk, stale)
    await desk.store.commit(desk.turn(current))


async def test_a_late_turn_counts_while_nobody_has_taken_over(desk: Desk) -> None:
    claim = await desk.begin()
    desk.clock.advance(LEASE_SECONDS + 1)
    await desk.store.commit(desk.turn(claim))
    assert await desk.statuses(claim.run) == ["completed"]


# Going on with the next


async def test_commit_goes_on_with_the_next_run(desk: Desk) -> None:
    first, second = await desk.begin("first"), await desk.arrive("second")
    turn = desk.turn(first)
    claim = await desk.store.commit(turn, keep_for=WORKER)
    assert claim is not None
    assert claim.runs == (await desk.known(second),)
    assert (claim.run.status, claim.run.attempts) == ("running", 1)
    assert (claim.conversation, claim.head) == (turn.conversation, turn.events[-1].hash)
    assert claim.fence > first.fence
    assert await desk.store.claim(first.conversation_id, "worker-2") is None


async def test_commit_goes_on_with_nothing_when_nothing_waits(desk: Desk) -> None:
    claim = await desk.begin()
    assert await desk.store.commit(desk.turn(claim), keep_for=WORKER) is None
    await desk.arrive()
    await desk.claim(claim.conversation_id)


async def test_commit_gives_the_conversation_back_unless_it_is_kept(desk: Desk) -> None:
    first, second = await desk.begin("first"), await desk.arrive("second")
    assert await desk.store.commit(desk.turn(first)) is None
    assert await desk.statuses(second) == ["queued"]
    assert await desk.store.waiting(10) == [first.conversation_id]


async def test_commit_goes_on_with_a_burst(desk: Desk) -> None:
    first = await desk.begin("first")
    burst = [await desk.arrive("second"), await desk.arrive("third")]
    claim = await desk.store.commit(desk.turn(first), keep_for=WORKER, merge=MERGING)
    assert claim is not None
    assert [run.id for run in claim.runs] == [run.id for run in burst]


# Bursts


async def test_all_of_a_burst_end_with_the_merged_outcome(desk: Desk) -> None:
    runs = [await desk.arrive(text) for text in ("one", "two", "three")]
    claim = await desk.claim(runs[0].conversation_id, merge=MERGING)
    turn = desk.turn(claim, steps=STEPS)
    assert await desk.store.commit(turn, keep_for=WORKER) is None
    ended = [await desk.known(run) for run in runs]
    assert [(run.status, run.outcome, run.finished_at) for run in ended] == [("completed", DONE, turn.at)] * 3
    assert [run.merged_into for run in ended] == [runs[2].id, runs[2].id, None]
    assert await desk.store.steps(runs[2].id) == list(STEPS)
    assert await desk.store.steps(runs[0].id) == []


async def test_a_newer_message_abandons_a_draft_that_gives_way(desk: Desk) -> None:
    claim = await desk.begin("I want a refund")
    newer = await desk.arrive("no, an exchange")
    draft = replace(await _full_turn(desk, claim), refuse_if_newer=True)
    with pytest.raises(NewerMessage) as abandoned:
        await desk.store.commit(draft)
    assert (abandoned.value.conversation_id, abandoned.value.claim) == (claim.conversation_id, None)
    await _assert_nothing_of(desk, draft)
    assert await desk.statuses(claim.run, newer) == ["queued", "queued"]
    with pytest.raises(LeaseLost):
        await desk.store.commit(draft)
    both = await desk.claim(claim.conversation_id, merge=MERGING)
    assert [run.id for run in both.runs] == [claim.run.id, newer.id]
    await desk.store.commit(desk.turn(both, refuse_if_newer=True))
    assert await desk.statuses(claim.run, newer) == ["completed", "completed"]


async def test_who_keeps_the_conversation_goes_on_with_the_newer_message(desk: Desk) -> None:
    """Nobody gets in between: the abandoned draft's error holds the claim for the next turn."""
    claim = await desk.begin("I want a refund")
    newer = await desk.arrive("no, an exchange")
    draft = desk.turn(claim, refuse_if_newer=True)
    with pytest.raises(NewerMessage) as abandoned:
        await desk.store.commit(draft, keep_for=WORKER, merge=MERGING)
    both = abandoned.value.claim
    assert [(run.id, run.attempts) for run in both.runs] == [(claim.run.id, 2), (newer.id, 1)]
    assert await desk.store.claim(claim.conversation_id, "worker-2") is None
    await desk.store.commit(desk.turn(both, refuse_if_newer=True))
    assert await desk.statuses(claim.run, newer) == ["completed", "completed"]


async def test_an_event_does_not_abandon_a_draft(desk: Desk) -> None:
    """A message behind it neither: a merged claim could not take it along, so no draft would ever be good."""
    claim = await desk.begin()
    await desk.arrive("order_shipped", kind="event")
    await desk.arrive("where is it?")
    await desk.store.commit(desk.turn(claim, refuse_if_newer=True))
    assert await desk.statuses(claim.run) == ["completed"]


async def test_a_newer_message_does_not_abandon_a_draft_that_stands(desk: Desk) -> None:
    claim = await desk.begin()
    await desk.arrive()
    await desk.store.commit(desk.turn(claim))
    assert await desk.statuses(claim.run) == ["completed"]


async def test_a_lost_lease_is_told_before_a_newer_message(desk: Desk) -> None:
    """A draft of somebody who lost the conversation must not give it back for its new holder."""
    stale = await desk.begin()
    desk.clock.advance(LEASE_SECONDS + 1)
    current = await desk.claim(stale.conversation_id)
    await desk.arrive()
    with pytest.raises(LeaseLost):
        await desk.store.commit(desk.turn(stale, refuse_if_newer=True))
    assert await desk.statuses(current.run) == ["running"]


# The log


async def test_the_log_holds_and_folds_to_the_state_after_any_number_of_turns(desk: Desk) -> None:
    """Promise 6, on what really was stored: with events whose values hold lists and words of every kind."""
    begun = await desk.work("hello 🌻 “quoted”")
    for number in range(8):
        claim = await desk.begin(f"turn {number}")
        run_id = claim.run.id
        passage = {"id": "faq/1", "score": 0.83, "lines": ["a", "b"]}
        events = (
            MessageReceived(run_id=run_id, channel="chat", text=f"turn {number}"),
            KnowledgeConsulted(run_id=run_id, query="q", band="answer", passages=(passage,)),
            FormProgressed(run_id=run_id, form="signup", status="open", filled={"n": number}, asking="email"),
            FormProgressed(run_id=run_id, form="signup", status="done"),
            LeadCaptured(run_id=run_id, lead_id="LEAD-00001", form="signup", values={}),
            HandedOff(run_id=run_id, reason="asked for a person"),
        )
        await desk.store.commit(desk.turn(claim, events=events))
    after = await desk.record()
    assert after.sequence == 2 + 8 * 6
    await desk.check_log(begun.conversation_id, after)
