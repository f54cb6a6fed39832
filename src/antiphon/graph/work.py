"""The turn graph as the engine sees it: a turn in, a proposal out."""

from antiphon.core.change import SPOKEN, Change, merged
from antiphon.core.conversation import Conversation, Utterance
from antiphon.core.pack import PackDef
from antiphon.core.proposal import Proposal
from antiphon.core.run import Outcome
from antiphon.graph.drivers import Driver
from antiphon.graph.state import ConversationState
from antiphon.ports import Turn, Work


def work_with(driver: Driver) -> Work:
    """Work that walks a turn graph with a driver."""

    async def work(turn: Turn) -> Proposal:
        state: ConversationState = await driver(first_state(turn))  # type: ignore[assignment]  # its schema says so
        return proposal_of(state)

    return work


def first_state(turn: Turn) -> ConversationState:
    """What the nodes begin with."""
    change = merged(tuple(run.change for run in turn.claim.runs))
    conversation = turn.claim.conversation
    return {
        "run_id": turn.claim.run.id,
        "change": change,
        "conversation": conversation,
        "contact_id": turn.claim.contact_id,
        "contact": turn.contact,
        "at": turn.at,
        "messages": [*_recent(turn.pack, conversation), *_said(change)],
    }


def _said(change: Change) -> tuple[Utterance, ...]:
    return (Utterance(role="user", text=change.value),) if change.kind in SPOKEN else ()


def _recent(pack: PackDef, conversation: Conversation) -> tuple[Utterance, ...]:
    return conversation.recent[-pack.context :] if pack.context else ()


def proposal_of(state: ConversationState) -> Proposal:
    """What the nodes propose, for the engine to commit."""
    facts = {name: value for part in state["facts"] for name, value in part.items()}
    if lead_id := state["leads"][-1].id if state["leads"] else state["conversation"].lead_id:
        facts["lead_id"] = lead_id  # also of an earlier turn: callers ask whether there is one
    return Proposal(
        outcome=Outcome(
            status=state.get("status", "completed"),  # what nobody answers is done when processes have seen it
            reply=state.get("response") or None,
            intent=state.get("intent"),
            confidence=round(state["confidence"], 4) if "confidence" in state else None,
            reason=state["judgement"].reason if "judgement" in state else None,
            facts=facts,
        ),
        events=tuple(state["events"]),
        steps=tuple(state["steps"]),
        effects=tuple(state["effects"]),
        leads=tuple(state["leads"]),
    )
