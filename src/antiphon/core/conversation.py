"""The state of a conversation: a fold of its events. Pure, and of constant size however long it gets."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import reduce
from typing import Literal, TypeAlias

from antiphon.core.event import (
    ApprovalAsked,
    Decided,
    Event,
    FormProgressed,
    HandedOff,
    KnowledgeConsulted,
    LeadCaptured,
    MessageReceived,
    MessageSent,
)
from antiphon.core.names import Facts

Status: TypeAlias = Literal["pending", "active", "escalated", "resolved"]

RECENT_MESSAGES = 12  # enough context for a turn; a constant, so that a turn's cost is one
RECENT_CHARS = 600  # of each, for the same reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Utterance:
    """Something that was said."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FormProgress:
    """A form that is open. Its values are the conversation's `collected`."""

    form: str
    asking: str | None
    refusals: int = 0  # in a row, of the slot that is asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """What a turn needs to know of everything before it."""

    status: Status = "pending"
    messages: int = 0  # said so far, by both
    recent: tuple[Utterance, ...] = ()
    intent: str | None = None  # as it was last reported
    confidence: float = 0.0
    form: FormProgress | None = None
    collected: Facts = field(default_factory=dict)  # slots of the latest form; they stay after it
    completed: tuple[str, ...] = ()  # forms that were completed
    lead_id: str | None = None  # the latest lead
    retrieved: tuple[Facts, ...] = ()  # passages of the latest answer
    response: str | None = None  # the latest reply


def _said(state: Conversation, role: Literal["user", "assistant"], text: str) -> Conversation:
    utterance = Utterance(role=role, text=text[:RECENT_CHARS])
    return replace(
        state,
        messages=state.messages + 1,
        recent=(*state.recent, utterance)[-RECENT_MESSAGES:],
    )


def _form_progressed(state: Conversation, event: FormProgressed) -> Conversation:
    # A form that was not open begins anew, so what an earlier one collected does not leak into it.
    before = state.form if state.form and state.form.form == event.form else None
    collected = {**state.collected, **event.filled} if before else dict(event.filled)
    if event.status == "left":
        return replace(state, form=None, collected={})
    if event.status == "done":
        completed = (*(name for name in state.completed if name != event.form), event.form)
        return replace(state, form=None, collected=collected, completed=completed)
    refused = event.asking in event.refused
    refusals = before.refusals + 1 if before and refused and event.asking == before.asking else int(refused)
    return replace(
        state,
        collected=collected,
        form=FormProgress(form=event.form, asking=event.asking, refusals=refusals),
    )


def apply(state: Conversation, event: Event) -> Conversation:
    """The state after one more event."""
    match event:
        case MessageReceived(text=text):
            return replace(_said(state, "user", text), status="active")
        case Decided(intent=intent, confidence=confidence):
            return replace(state, intent=intent, confidence=confidence)
        case FormProgressed():
            return _form_progressed(state, event)
        case LeadCaptured(lead_id=lead_id):
            return replace(state, lead_id=lead_id)
        case KnowledgeConsulted(passages=passages):
            return replace(state, retrieved=passages)
        case MessageSent(text=text):
            return replace(_said(state, "assistant", text), response=text)
        case HandedOff():
            return replace(state, status="escalated")
        case ApprovalAsked():
            return state
        case _:
            return state


def fold(events: Iterable[Event], state: Conversation | None = None) -> Conversation:
    """The state after a log, from the beginning or from a known state."""
    return reduce(apply, events, state or Conversation())


def to_facts(state: Conversation) -> Facts:
    """The state as plain values, for a snapshot."""
    return asdict(state)


def from_facts(facts: Facts) -> Conversation:
    """The state that was stored as a snapshot."""
    values = dict(facts)
    form = values.get("form")
    return Conversation(
        **{
            **values,
            "recent": tuple(Utterance(**said) for said in values.get("recent", ())),
            "form": FormProgress(**form) if form else None,
            "completed": tuple(values.get("completed", ())),
            "retrieved": tuple(values.get("retrieved", ())),
        }
    )
