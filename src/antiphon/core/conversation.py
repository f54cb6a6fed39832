"""The state of a conversation: a fold of its events. Pure, and of constant size however long it gets."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import reduce
from typing import Literal, TypeAlias

from antiphon.core.event import (
    BindingBegun,
    BindingMigrated,
    BindingMoved,
    BusinessContextSet,
    ConversationEscalated,
    ConversationResolved,
    Decided,
    Event,
    FormProgressed,
    HandedOff,
    KnowledgeConsulted,
    LeadCaptured,
    MessageReceived,
    MessageSent,
    OutreachSent,
)
from antiphon.core.names import Facts
from antiphon.core.process.binding import Binding, begun

Status: TypeAlias = Literal["pending", "active", "waiting_response", "resolved", "escalated", "expired"]

STATUSES: tuple[Status, ...] = ("pending", "active", "waiting_response", "resolved", "escalated", "expired")

RECENT_MESSAGES = 12  # enough context for a turn; a constant, so that a turn's cost is one
RECENT_CHARS = 600  # of each, for the same reason
CHANNELS = 16  # used last; there are five kinds, and a name of another may come from outside
CONTEXT_CHARS = 16_384  # of the business context as JSON; what was set longest ago goes first
SUMMARY_CHARS = 2_000


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
    bindings: tuple[Binding, ...] = ()  # processes that are open, in the order in which they began
    channels_used: tuple[str, ...] = ()  # by either side, in the order in which they were first used
    active_channel: str | None = None  # the one used last
    business_context: Facts = field(default_factory=dict)  # what the matter is about
    summary: str = ""  # of what was resolved
    attempt_count: int = 0  # outreaches since the matter began
    followup_id: str | None = None  # the effect of the latest outreach


def _said(state: Conversation, role: Literal["user", "assistant"], text: str) -> Conversation:
    utterance = Utterance(role=role, text=text[:RECENT_CHARS])
    return replace(
        state,
        messages=state.messages + 1,
        recent=(*state.recent, utterance)[-RECENT_MESSAGES:],
    )


def _on_channel(state: Conversation, channel: str) -> Conversation:
    used = state.channels_used if channel in state.channels_used else (*state.channels_used, channel)[-CHANNELS:]
    return replace(state, channels_used=used, active_channel=channel)


def _heard(state: Conversation, event: MessageReceived) -> Conversation:
    # A person stays in charge of what was given to one, whatever else is said.
    status: Status = "escalated" if state.status == "escalated" else "active"
    return replace(_on_channel(_said(state, "user", event.text), event.channel), status=status)


def _reached_out(state: Conversation, event: OutreachSent) -> Conversation:
    # Word of thanks after the end waits for no response, nor does what is said beside a person in charge.
    status: Status = state.status if state.status in ("resolved", "escalated") else "waiting_response"
    return replace(
        _on_channel(state, event.channel),
        status=status,
        attempt_count=state.attempt_count + 1,
        followup_id=event.followup_id,
    )


def _with_context(state: Conversation, data: Facts) -> Conversation:
    older = {name: value for name, value in state.business_context.items() if name not in data}
    kept: dict[str, object] = {}
    room = CONTEXT_CHARS
    for name, value in reversed([*older.items(), *data.items()]):
        room -= len(json.dumps({name: value}, ensure_ascii=False))
        if room < 0:
            break
        kept[name] = value
    return replace(state, business_context=dict(reversed(kept.items())))


def _reopened(state: Conversation) -> Conversation:
    """A conversation on which a matter begins: one that had ended goes on, and nobody was reached about it yet."""
    if state.status not in ("resolved", "expired"):
        return state
    return replace(state, status="active" if state.messages else "pending", attempt_count=0, followup_id=None)


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


def _bound(state: Conversation, event: BindingBegun | BindingMoved | BindingMigrated) -> Conversation:
    # One that has ended is forgotten here: the log and the table of bindings have it, and years of them would add up.
    others = tuple(binding for binding in state.bindings if binding.id != event.binding_id)
    if isinstance(event, BindingBegun):
        return state if event.is_terminal else replace(_reopened(state), bindings=(*others, begun(event)))
    if event.is_terminal:
        return replace(state, bindings=others)
    return replace(state, bindings=tuple(_moved(binding, event) for binding in state.bindings))


def _moved(binding: Binding, event: BindingMoved | BindingMigrated) -> Binding:
    if binding.id != event.binding_id:
        return binding
    if isinstance(event, BindingMigrated):
        return replace(binding, version=event.to_version, state=event.to_state)  # its timers go on
    stay = binding.stay if event.to_state == binding.state else event.run_id
    return replace(binding, state=event.to_state, stay=stay)


def apply(state: Conversation, event: Event) -> Conversation:
    """The state after one more event."""
    match event:
        case MessageReceived():
            return _heard(state, event)
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
        case BindingBegun() | BindingMoved() | BindingMigrated():
            return _bound(state, event)
        case _:
            return _carried_on(state, event)


def _carried_on(state: Conversation, event: Event) -> Conversation:
    match event:
        case OutreachSent():
            return _reached_out(state, event)
        case BusinessContextSet(data=data):
            return _with_context(state, data)
        case HandedOff() | ConversationEscalated():
            return replace(state, status="escalated")
        case ConversationResolved(reason=reason, summary=summary):
            return replace(state, status="resolved", summary=(summary or reason)[:SUMMARY_CHARS])
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
            "bindings": tuple(Binding(**binding) for binding in values.get("bindings", ())),
            "channels_used": tuple(values.get("channels_used", ())),
        }
    )
