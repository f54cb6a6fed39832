"""Rules: when somebody is written to without having written. What a business writes, and what it comes to.

A rule has a trigger, conditions on what the backend tells, and actions. `evaluate` says which rules want something
done about one set of data; who does it, and when, is decided elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from antiphon.core.backend import number
from antiphon.core.condition import Condition, holds_of, is_missing, look_up
from antiphon.core.cron import unfit_cron
from antiphon.core.definition import Definition
from antiphon.core.names import Facts

RulePriority: TypeAlias = Literal["low", "medium", "high", "urgent"]
RuleActionType: TypeAlias = Literal["start_conversation", "send_notification", "escalate", "update_backend"]

URGENT_AFTER_DAYS = 14  # overdue longer than this
HIGH_AFTER_DAYS = 7
HIGH_ABOVE_AMOUNT = 100_000  # in the currency of the data

Word = Annotated[str, Field(min_length=1, max_length=100)]
Minutes = Annotated[int, Field(ge=0, le=5_256_000)]  # ten years


class RuleTrigger(Definition):
    """What brings a rule up: a time, an event by its name, or the backend's data itself."""

    type: Literal["schedule", "event", "condition"]
    cron: str | None = Field(default=None, max_length=200, description="When, for a schedule; in the rules' time zone.")
    event_name: Word | None = Field(default=None, description="Which event.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if reason := self._unfit():
            raise PydanticCustomError("definition", "{reason}", {"reason": reason})
        return self

    def _unfit(self) -> str | None:
        if self.cron is not None and self.type != "schedule":
            return f"`cron` belongs to the type schedule, not to {self.type}"
        if self.event_name is not None and self.type != "event":
            return f"`event_name` belongs to the type event, not to {self.type}"
        if self.type == "schedule" and self.cron is None:
            return "a schedule needs the field `cron`"
        if self.type == "event" and self.event_name is None:
            return "an event needs the field `event_name`"
        if self.cron is not None and (reason := unfit_cron(self.cron)):
            return f"the schedule `{self.cron}` cannot be used: {reason}"
        return None


class RuleEscalation(Definition):
    """Whom to tell when nobody answers."""

    after_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    escalate_to: Word | None = Field(default=None, description="A person or a team, in the business's words.")
    escalate_channel: Word | None = Field(default=None, description="How they are told; left out: the inbox alone.")


class RuleAction(Definition):
    """What is done when a rule holds."""

    type: RuleActionType
    channel_priority: tuple[Word, ...] = Field(default=(), description="Channels to try, the best first.")
    template: Word | None = Field(default=None, description="The reply or message template by its name.")
    delay_minutes: Minutes = 0
    escalation: RuleEscalation | None = None
    process_type: Word | None = Field(default=None, description="A process that is begun on the conversation.")
    entity_type: Word | None = Field(default=None, description="What the process is about, such as invoice.")
    entity_id_field: Word | None = Field(default=None, description="Where in the data its id stands: a dotted path.")
    initial_state: Word | None = Field(default=None, description="Where the process begins; left out: at its start.")
    metadata: dict[str, Any] = Field(default_factory=dict)


class RuleDef(Definition):
    """One rule, as it is written in YAML."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)]
    name: str = Field(default="", max_length=200)
    description: str = ""
    enabled: bool = True
    trigger: RuleTrigger
    conditions: tuple[Condition, ...] = Field(default=(), description="All must hold.")
    actions: tuple[RuleAction, ...] = Field(min_length=1)
    metadata: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A condition, and what its field was."""

    field: str
    operator: str
    value: Any  # of the condition
    found: Any  # of the data; None when there is nothing
    holds: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleHit:
    """A rule that wants its actions done."""

    rule: RuleDef
    contact_id: str
    priority: RulePriority
    context_key: str | None  # what it is about; nothing is begun while a conversation with this key is active
    data: Facts
    seen: tuple[Seen, ...]  # its conditions, all of which hold


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleMiss:
    """A rule that was considered, and why it wants nothing."""

    rule: RuleDef
    reason: str
    seen: tuple[Seen, ...] = ()


def consider(rule: RuleDef, data: Facts, *, event: str | None = None) -> RuleHit | RuleMiss:
    """What a rule makes of data, and why.

    Args:
        event: the name of the event that brought the data; None when the backend's data is gone through, which is
            for rules of schedules and conditions.
    """
    if not rule.enabled:
        return RuleMiss(rule=rule, reason="it is not enabled")
    if (rule.trigger.type == "event") != (event is not None) or rule.trigger.event_name != event:
        return RuleMiss(rule=rule, reason=f"its trigger is {_trigger(rule.trigger)}")
    contact_id = _key(data.get("contact_id"))
    if contact_id is None:
        return RuleMiss(rule=rule, reason="the data has no contact_id")
    seen = tuple(_seen(condition, data) for condition in rule.conditions)
    failing = next((one for one in seen if not one.holds), None)
    if failing:
        return RuleMiss(rule=rule, reason=f"{failing.field} {failing.operator} does not hold", seen=seen)
    return RuleHit(
        rule=rule,
        contact_id=contact_id,
        priority=priority_of(data),
        context_key=_key(data.get("id")),
        data=data,
        seen=seen,
    )


def evaluate(rules: Iterable[RuleDef], data: Facts, *, event: str | None = None) -> list[RuleHit]:
    """The rules that want something done about data, in their order. See `consider`."""
    considered = (consider(rule, data, event=event) for rule in rules)
    return [one for one in considered if isinstance(one, RuleHit)]


def priority_of(data: Facts) -> RulePriority:
    """How urgent data is: by days overdue, then by the amount or the value of the order."""
    days = number(data.get("days_overdue")) or 0.0
    if days > URGENT_AFTER_DAYS:
        return "urgent"
    amounts = (number(data.get("amount")) or 0.0, number(data.get("order_value")) or 0.0)
    return "high" if days > HIGH_AFTER_DAYS or max(amounts) > HIGH_ABOVE_AMOUNT else "medium"


def entity_id_of(action: RuleAction, data: Facts) -> str | None:
    """The id of what an action's process is about: at `entity_id_field`, else in `entity_id`."""
    found = look_up(action.entity_id_field or "entity_id", data)
    return None if is_missing(found) else _key(found)


def _seen(condition: Condition, data: Facts) -> Seen:
    found = look_up(condition.field, data)
    return Seen(
        field=condition.field,
        operator=condition.operator,
        value=condition.value,
        found=None if is_missing(found) else found,
        holds=holds_of(condition, found),
    )


def _trigger(trigger: RuleTrigger) -> str:
    return f"the event {trigger.event_name}" if trigger.type == "event" else f"a {trigger.type}"


def _key(value: Any) -> str | None:
    """An id as a text, from a text or a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None
