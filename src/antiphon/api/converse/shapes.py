"""Converse's shapes, as its callers know them."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from antiphon.api.access import Body, Message, Text
from antiphon.api.facts import OpenFacts
from antiphon.core.address import MAX_CHARS
from antiphon.core.process.definition import Channel, TriggerType

ConversationStatus: TypeAlias = Literal["pending", "active", "waiting_response", "resolved", "escalated", "expired"]
FollowUpStatus: TypeAlias = Literal[
    "scheduled", "in_progress", "awaiting_reply", "completed", "escalated", "failed", "cancelled"
]
Word = Annotated[Text, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class InboundMessage(Body):
    """Something that a contact said."""

    model_config = _example(channel="whatsapp", sender_address="+919876543210", content="I'll pay by Friday")

    channel: Channel
    sender_address: Annotated[Text, StringConstraints(min_length=1, max_length=MAX_CHARS, strip_whitespace=True)]
    content: Message
    metadata: OpenFacts = Field(default_factory=dict)


class InboundAnswer(BaseModel):
    """What was understood, what is answered, and what moved."""

    conversation_id: str
    contact_id: str
    intent: dict[str, Any] = Field(
        description="intent, confidence, extracted_info, sentiment (positive, neutral, negative), suggested_action"
    )
    response: str
    channel: str
    transitions: list[dict[str, Any]] = Field(description="of each: process_type, from, to, actions")
    action_results: list[dict[str, Any]] = Field(description="of each: action, status, and what the action adds")


class HappenedEvent(Body):
    """Something that happened in the business's own system."""

    model_config = _example(
        event_name="payment_received", data={"entity_type": "invoice", "entity_id": "INV-2024-1234", "amount": 250000}
    )

    event_name: Word
    data: OpenFacts = Field(default_factory=dict)


class EventAnswer(BaseModel):
    """What the event moved or began; nothing, when nobody knows what it is about."""

    event: str
    results: list[dict[str, Any]]
    detail: str | None = Field(default=None, description="said when it concerned nobody; then it is not left out")


class ContextChange(Body):
    """An operator's word, or what another system knows of a conversation."""

    model_config = _example(conversation_id="…", trigger_type="manual", trigger_value="close")

    conversation_id: Text
    trigger_type: TriggerType
    trigger_value: Word
    extra_data: OpenFacts = Field(default_factory=dict)


class ContextChangeAnswer(BaseModel):
    """What moved."""

    conversation_id: str
    transitions: list[dict[str, Any]] = Field(description="of each: binding_id, transition, actions")


class Processed(BaseModel):
    """What the rules made of the backend's pending items."""

    backend_items_evaluated: int
    followups_enqueued: int


class NewBinding(Body):
    """A process that begins on a conversation."""

    model_config = _example(
        conversation_id="…",
        process_type="payment_collection",
        entity_id="INV-2024-1234",
        entity_type="invoice",
        business_data={"amount": 250000},
    )

    conversation_id: Text
    process_type: Word
    entity_id: Word | None = None
    entity_type: Word | None = None
    business_data: OpenFacts = Field(default_factory=dict)
    initial_state: Word | None = None


class HistoryRecord(BaseModel):
    """A move of a binding."""

    id: str
    from_state: str
    to_state: str
    trigger_type: str
    trigger_value: str
    actions_fired: list[str]
    timestamp: str
    metadata: dict[str, Any] = Field(description="transition_desc, conditions_met")


class StateBinding(BaseModel):
    """A process on a conversation."""

    id: str
    conversation_id: str
    contact_id: str
    process_type: str
    current_state: str
    entity_id: str | None
    entity_type: str | None
    business_data: dict[str, Any]
    history: list[HistoryRecord]
    created_at: str
    updated_at: str
    resolved_at: str | None
    metadata: dict[str, Any] = Field(description="is_terminal, version")


class StateInfo(BaseModel):
    """Where a process stands, and what could move it."""

    binding_id: str
    process_type: str
    current_state: str
    is_terminal: bool
    entity_id: str | None
    entity_type: str | None
    available_triggers: list[dict[str, Any]] = Field(description="of each: trigger, to_state, description")
    history_length: int
    last_transition: HistoryRecord | None
    all_states: list[str]
    terminal_states: list[str]


class ChannelAddress(BaseModel):
    """One way to reach a contact."""

    channel: str
    address: str
    preferred: bool
    verified: bool


class Contact(BaseModel):
    """A person."""

    id: str
    external_id: str | None
    name: str
    role: str | None
    organization: str | None
    channels: list[ChannelAddress]
    metadata: dict[str, Any]
    tags: list[str]
    created_at: str


class ConversationMessage(BaseModel):
    """Something that was said."""

    id: str
    conversation_id: str
    channel: str
    direction: Literal["inbound", "outbound"]
    sender_id: str = Field(description='the contact\'s id, or "agent"')
    content: str
    content_type: Literal["text", "html", "template", "media"]
    attachments: list[dict[str, Any]]
    metadata: dict[str, Any]
    timestamp: str
    delivered: bool
    read: bool


class ConversationListItem(BaseModel):
    """A conversation in a list: without its messages."""

    id: str
    contact_id: str
    followup_id: str | None
    status: ConversationStatus
    channels_used: list[str]
    active_channel: str | None
    business_context: dict[str, Any]
    summary: str
    state_bindings: list[str] = Field(description="ids of those that are open")
    attempt_count: int
    max_attempts: int
    created_at: str
    updated_at: str
    resolved_at: str | None
    metadata: dict[str, Any]


class WholeConversation(ConversationListItem):
    """A conversation with its messages."""

    messages: list[ConversationMessage]


class FollowUp(BaseModel):
    """Something that will be said to a contact, or was."""

    id: str
    rule_id: str | None
    contact_id: str
    conversation_id: str
    status: FollowUpStatus
    priority: str
    business_context: dict[str, Any]
    reason: str
    channel_priority: list[str]
    current_channel: str | None
    attempt_count: int
    max_attempts: int
    next_attempt_at: str | None
    scheduled_at: str
    started_at: str | None
    completed_at: str | None
    outcome: str | None
    metadata: dict[str, Any]


class Stats(BaseModel):
    """The figures of the dashboard."""

    total_conversations: int
    active_conversations: int
    waiting_response: int
    resolved: int
    escalated: int
    total_followups: int
    pending_followups: int
    completed_followups: int
    channels: dict[str, int]
    total_contacts: int
    total_state_bindings: int
    active_state_bindings: int
    state_distribution: dict[str, dict[str, int]]
    rules: int
    available_channels: list[str]


class QueueStats(BaseModel):
    """How deep the queue is: figures read from SQL."""

    dispatch_queue_depth: int
    dlq_depth: int
    consumer_running: bool


class Replayed(BaseModel):
    """How many dead jobs were made due again."""

    replayed: int
