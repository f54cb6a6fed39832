"""Scenarios: what a pack keeps as tests, as its authors write it. Pure; `trying` plays them."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from antiphon.core.change import Change
from antiphon.core.definition import Definition
from antiphon.core.names import Moment
from antiphon.core.process.definition import Channel, TriggerType

Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(max_length=50)]

LAST_DAY = date(2999, 12, 31)  # on which a dialogue may start
FIRST_DAY = date(2025, 3, 3)  # a Monday, where a dialogue does not say when it starts
_AT = re.compile(r"day (?P<day>[1-9]\d{0,4}) (?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)")
_SPAN = re.compile(
    r"(?:(?P<weeks>\d{1,5})w)? ?(?:(?P<days>\d{1,5})d)? ?(?:(?P<hours>\d{1,6})h)? ?(?:(?P<minutes>\d{1,7})m)?"
)


def read_span(text: str) -> timedelta | None:
    """A length of time such as `3d` or `1h 30m`; None when it is none."""
    found = _SPAN.fullmatch(text)
    if not text.strip() or found is None:
        return None
    return timedelta(**{unit: int(count) for unit, count in found.groupdict().items() if count})


def read_at(text: str, start: date) -> Moment | None:
    """A moment such as `day 3 14:30`, in UTC, of a dialogue whose day 1 is `start`; None when it is none."""
    found = _AT.fullmatch(text)
    if found is None:
        return None
    day = datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=int(found["day"]) - 1)
    return day + timedelta(hours=int(found["hour"]), minutes=int(found["minute"]))


def _span(text: str) -> str:
    if read_span(text) is None:
        raise PydanticCustomError("definition", "expected a length of time such as `3d`, `36h` or `1h 30m`")
    return text


def _at(text: str) -> str:
    if read_at(text, FIRST_DAY) is None:
        raise PydanticCustomError("definition", "expected a moment such as `day 3 14:30`; the first day is day 1")
    return text


class TurnDef(Definition):
    """A message of a conversation, and what must be true after it."""

    user: str
    intent: Text | None = None
    says: Texts = ()
    not_says: Texts = ()
    collected: dict[str, str] | None = None
    lead_captured: bool | None = None


class ConversationDef(Definition):
    """A conversation that must go as written."""

    name: Text
    turns: tuple[TurnDef, ...] = Field(min_length=1)


class InquiryDef(Definition):
    """A letter, and what must become of it."""

    name: Text
    sender_name: Annotated[Text, Field(max_length=200)]
    sender_email: Annotated[Text, Field(pattern=r"^\S+@\S+\.\S+$")]
    subject: Annotated[Text, Field(max_length=500)]
    body: Annotated[Text, Field(max_length=5000)]
    route: Text | None = None  # the specialist that works on it
    intent: Text | None = None
    escalate: bool | None = None
    severity: Texts = ()  # one of these
    tier: Texts = ()  # one of these
    says: Texts = ()
    not_says: Texts = ()

    @property
    def change(self) -> Change:
        """The inquiry as it comes in: subject, blank line, body."""
        who = {"sender_name": self.sender_name, "sender_email": self.sender_email, "subject": self.subject}
        return Change(kind="message", value=f"{self.subject}\n\n{self.body}", channel="email", data=who)


class MessagesDef(Definition):
    """Messages that mean one thing."""

    intent: Text
    alternatives: Texts = Field(default=(), alias="or", description="Intents that are as right.")
    messages: tuple[Text, ...] = Field(min_length=1)


class PersonDef(Definition):
    """Whom a dialogue is with. Who is not described has an address on every channel."""

    id: Text = "C001"
    name: Text = "Alex Morgan"
    role: Text | None = None
    organization: Text | None = None
    addresses: dict[Channel, Text] = Field(default_factory=dict)


class FollowUpStep(Definition):
    """A message that is sent when a process begins."""

    template: Text
    channels: tuple[Channel, ...] = ("whatsapp", "email")
    priority: str = "medium"
    delay_minutes: Annotated[int, Field(ge=0)] = 0


class BeginStep(Definition):
    """A process begins."""

    process_type: Text
    entity_type: Text | None = None
    entity_id: Text | None = None
    business_data: dict[str, Any] = Field(default_factory=dict)
    initial_state: Text | None = None
    follow_up: FollowUpStep | None = None


class MessageStep(Definition):
    """The person writes."""

    text: Text
    channel: Channel = "chat"


class EventStep(Definition):
    """The business's own system tells that something happened."""

    name: Text
    data: dict[str, Any] = Field(default_factory=dict)


class OperatorStep(Definition):
    """Somebody in the business steps in."""

    trigger_type: TriggerType = "manual"
    trigger_value: Text
    data: dict[str, Any] = Field(default_factory=dict)


class ExpectStep(Definition):
    """What must be true now. What is left out may be anything."""

    state: dict[str, Text] = Field(default_factory=dict, description="By process type, or `type id` of its entity.")
    status: Text | None = Field(default=None, description="Of the conversation.")
    sent: tuple[Text, ...] | None = Field(default=None, description="Templates, since `sent` was last asked for.")
    intent: Text | None = Field(default=None, description="Of the latest message.")
    says: Texts = Field(default=(), description="In the latest reply.")
    not_says: Texts = ()
    told: tuple[Text, ...] | None = Field(default=None, description="Endpoints of the backend, since last asked for.")


_DONE = ("message", "event", "operator", "begin", "rules")


class StepDef(Definition):
    """Something that happens in a dialogue, after time has passed; or time that passes; and what must be true then."""

    at: Annotated[str, AfterValidator(_at)] | None = None
    after: Annotated[str, AfterValidator(_span)] | None = None
    message: MessageStep | None = None
    event: EventStep | None = None
    operator: OperatorStep | None = None
    begin: BeginStep | None = None
    rules: bool = Field(default=False, description="The rules of schedules and conditions are gone through now.")
    expect: ExpectStep | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> "StepDef":
        if self.at is not None and self.after is not None:
            raise PydanticCustomError("definition", "expected `at` or `after`, not both")
        if sum(bool(getattr(self, name)) for name in _DONE) > 1:
            names = ", ".join(_DONE)
            raise PydanticCustomError("definition", "expected one of {names} in a step", {"names": names})
        return self


class DialogueDef(Definition):
    """What happens over days with one person."""

    name: Text
    starts: date = Field(default=FIRST_DAY, le=LAST_DAY, description="Day 1. Times are UTC.")
    contact: PersonDef = PersonDef()
    pending: tuple[dict[str, Any], ...] = Field(default=(), description="What the backend says is to be followed up.")
    steps: tuple[StepDef, ...] = Field(min_length=1, max_length=1000)


ScenarioDef: TypeAlias = ConversationDef | InquiryDef | MessagesDef | DialogueDef
