"""Events: what a conversation's log is made of. State is a fold of them and nothing else.

An event is named by its class (`MessageReceived` is stored as `message_received`) and stored as JSON.
"""

import json
import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeAlias

from antiphon.core.change import Change
from antiphon.core.names import Facts, RunId


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageReceived:
    """A person wrote or said something."""

    run_id: RunId
    channel: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FormSubmitted:
    """A person handed in a whole form at once."""

    run_id: RunId
    values: Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeRecorded:
    """Something else happened: a backend event, a timeout, an operator's word."""

    run_id: RunId
    kind: str
    value: str
    data: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """The rule that won, its inputs, what else was considered, and under which versions."""

    run_id: RunId
    rule: str
    intent: str
    confidence: float
    route: tuple[str, ...]
    why: Facts
    versions: Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class FormProgressed:
    """A form was opened, filled further, left, or completed."""

    run_id: RunId
    form: str
    status: Literal["open", "left", "done"]
    filled: Facts = field(default_factory=dict)  # slots that this turn filled or corrected
    refused: Facts = field(default_factory=dict)  # slots whose value could not be accepted, and why
    asking: str | None = None  # the slot asked for next


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadCaptured:
    """A lead was captured and is in the store."""

    run_id: RunId
    lead_id: str
    form: str
    values: Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class KnowledgeConsulted:
    """A question was put to the knowledge base."""

    run_id: RunId
    query: str
    band: str
    passages: tuple[Facts, ...]  # id and score of each, best first; text of those that the reply uses


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageSent:
    """The reply that this turn decided on."""

    run_id: RunId
    channel: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HandedOff:
    """A person is in charge now."""

    run_id: RunId
    reason: str
    context: Facts = field(default_factory=dict)  # the case on one page, see `core.handoff`


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalAsked:
    """A reply is held until a person decides."""

    run_id: RunId
    reason: str
    draft: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BindingBegun:
    """A process began on the conversation."""

    run_id: RunId
    binding_id: str
    process_type: str
    version: str  # identity of the state map
    state: str
    entity_id: str | None = None
    entity_type: str | None = None
    business_data: Facts = field(default_factory=dict)
    is_terminal: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class BindingMoved:
    """A binding went from one state to another, and why."""

    run_id: RunId
    binding_id: str
    process_type: str
    version: str  # identity of the state map that decided
    from_state: str
    to_state: str
    trigger_type: str
    trigger_value: str
    transition: int  # its place in the map, from 0
    description: str = ""  # of the transition
    conditions_met: tuple[Facts, ...] = ()  # field, operator and value of each, and what it saw
    actions: tuple[str, ...] = ()  # types, in order
    is_terminal: bool = False  # it has come to its end


@dataclass(frozen=True, kw_only=True, slots=True)
class BindingMigrated:
    """A binding goes on under another version of its map."""

    run_id: RunId
    binding_id: str
    process_type: str
    from_version: str
    to_version: str
    from_state: str
    to_state: str  # another one when the state was renamed
    is_terminal: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationResolved:
    """A process has settled what the conversation was about."""

    run_id: RunId
    binding_id: str
    reason: str
    summary: str = ""  # of the conversation, for people


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationEscalated:
    """A process asks for a person."""

    run_id: RunId
    binding_id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OutreachSent:
    """We wrote to a person who had not asked just now, and wait for what they say."""

    run_id: RunId
    followup_id: str  # key of the effect
    channel: str
    template: str | None
    attempt: int  # of the follow-up, from 1


@dataclass(frozen=True, kw_only=True, slots=True)
class BusinessContextSet:
    """What the business knows of the matter: names that come again take their new values."""

    run_id: RunId
    data: Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnGivenUp:
    """A turn could not be worked through; the reason is for the operator."""

    run_id: RunId
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunErased:
    """Somebody had a run erased. A random id says nothing of a run, and proves to whoever knows it that it is gone."""

    run_id: RunId


Event: TypeAlias = (
    MessageReceived
    | FormSubmitted
    | ChangeRecorded
    | Decided
    | FormProgressed
    | LeadCaptured
    | KnowledgeConsulted
    | MessageSent
    | HandedOff
    | ApprovalAsked
    | BindingBegun
    | BindingMoved
    | BindingMigrated
    | ConversationResolved
    | ConversationEscalated
    | OutreachSent
    | BusinessContextSet
    | TurnGivenUp
    | RunErased
)


def received(run_id: RunId, change: Change) -> tuple[Event, ...]:
    """What the log says of a change that came in."""
    if change.kind == "message":
        return (MessageReceived(run_id=run_id, channel=change.channel, text=change.value),)
    if change.kind == "form":
        return (FormSubmitted(run_id=run_id, values=change.data),)
    return (ChangeRecorded(run_id=run_id, kind=change.kind, value=change.value, data=change.data),)


_KINDS: dict[str, type[Any]] = {re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower(): cls for cls in Event.__args__}
_NAMES: dict[type[Any], str] = {cls: kind for kind, cls in _KINDS.items()}
_FIELDS: dict[type[Any], tuple[str, ...]] = {cls: tuple(part.name for part in fields(cls)) for cls in _NAMES}


_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def kind_of(event: Event) -> str:
    """The name under which an event is stored, e.g. message_received."""
    return _NAMES[type(event)]


def encode(event: Event) -> bytes:
    """An event as the JSON bytes that are stored, and that its digest covers."""
    payload = {name: getattr(event, name) for name in _FIELDS[type(event)]}
    return _JSON.encode(payload).encode()


def decode(kind: str, payload: bytes | str) -> Event:
    """The event that was stored. Fields that came later take their defaults."""
    values = json.loads(payload)
    cls = _KINDS[kind]
    for name in ("route", "passages", "conditions_met", "actions"):
        if name in values:
            values[name] = tuple(values[name])
    event: Event = cls(**values)
    return event


def run_of(payload: bytes | str) -> RunId:
    """The run that an event belongs to, of whatever kind it is."""
    run_id: RunId = json.loads(payload)["run_id"]
    return run_id


def as_facts(event: Event) -> Facts:
    """An event as plain values, for people and exports."""
    return asdict(event)
