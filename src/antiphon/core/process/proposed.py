"""What a move asks for, as values. Each becomes an effect that the store keeps, or an event in the log."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

from antiphon.core.effect import Effect
from antiphon.core.event import ConversationEscalated, ConversationResolved
from antiphon.core.names import Facts, Moment, RunId
from antiphon.core.process.definition import Channel, Priority
from antiphon.core.process.trigger import BindingId

PRIORITIES: dict[str, int] = {"low": -10, "medium": 0, "high": 10, "urgent": 20}  # as effects are ordered


# What the template of a follow-up sees. Whoever performs one gives all of them; the business's own data stands in
# `business_context`, as in `business_context.amount`.
TEMPLATE_FACTS = frozenset(
    "business_context metadata process_type entity_id entity_type new_state previous_state contact_id contact_name "
    "contact_role contact_organization".split()
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUp:
    """A message to the contact."""

    binding_id: BindingId
    rule_id: str  # "state:{process_type}"
    due_at: Moment
    template: str | None
    channels: tuple[Channel, ...]  # the first that works
    priority: Priority
    business_context: Facts  # the binding's data, and where the process stands
    metadata: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A timer: when it is due, its change is put to the binding that set it."""

    binding_id: BindingId
    rule_id: str
    due_at: Moment
    trigger_type: str
    trigger_value: str
    state: str  # in which it was set
    stay: RunId  # which brought the binding there
    priority: Priority = "low"
    is_scheduled_check: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendUpdate:
    """A call of the business's own system."""

    binding_id: BindingId
    due_at: Moment
    endpoint: str | None  # by its name in the settings; None: the connector's own for updates
    payload: Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """Word to somebody in the business."""

    binding_id: BindingId
    due_at: Moment
    target: str
    message: str
    metadata: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolution:
    """The conversation is settled."""

    binding_id: BindingId
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Escalation:
    """A person is asked for."""

    binding_id: BindingId
    reason: str


Proposed: TypeAlias = FollowUp | Check | BackendUpdate | Alert | Resolution | Escalation

_KINDS: dict[type[Any], str] = {
    FollowUp: "followup",
    Check: "check",
    BackendUpdate: "backend_update",
    Alert: "alert",  # "notify" are the signed webhooks of a turn
}


def effects_of(proposed: Sequence[Proposed]) -> tuple[Effect, ...]:
    """The effects among what was proposed, in order. A payload is JSON; its times are in `due_at` of the effect.

    None may be repeated blindly but a check, which the binding sees as late the second time.
    """
    return tuple(
        Effect(
            kind=_KINDS[type(one)],
            payload={name: value for name, value in asdict(one).items() if name != "due_at"},
            due_at=one.due_at,
            repeatable=isinstance(one, Check),
            priority=PRIORITIES[one.priority] if isinstance(one, FollowUp | Check) else 0,
            binding_id=one.binding_id,
        )
        for one in proposed
        if not isinstance(one, Resolution | Escalation)
    )


def events_of(proposed: Sequence[Proposed], run_id: RunId) -> tuple[ConversationResolved | ConversationEscalated, ...]:
    """The changes of the conversation's status among what was proposed, in order."""
    return tuple(
        (ConversationResolved if isinstance(one, Resolution) else ConversationEscalated)(
            run_id=run_id, binding_id=one.binding_id, reason=one.reason
        )
        for one in proposed
        if isinstance(one, Resolution | Escalation)
    )
