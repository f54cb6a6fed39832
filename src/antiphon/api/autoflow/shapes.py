"""AutoFlow's shapes, word for word as its callers know them."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints

from antiphon.api.access import Body, Message, Text

Status: TypeAlias = Literal["running", "completed", "escalated", "error"]


class InquiryRequest(Body):
    """An inquiry of a customer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sender_name": "Ada Lovelace",
                    "sender_email": "ada@example.com",
                    "subject": "Pricing for 40 seats",
                    "body": "We have budget approved and want to start next week. What does Pro cost?",
                }
            ]
        }
    )

    sender_name: Annotated[Text, StringConstraints(min_length=1, max_length=200)]
    sender_email: Annotated[EmailStr, Field(max_length=320)]
    subject: Annotated[Text, StringConstraints(min_length=1, max_length=500)]
    body: Message
    metadata: dict[str, Any] = Field(default_factory=dict, description="Accepted; neither used nor stored.")


class WebhookResponse(BaseModel):
    """The inquiry is stored and will be worked."""

    run_id: str
    status: Status
    message: str
    poll_url: str = Field(examples=["/api/v1/status/6f1c…"])
    idempotent_replay: bool = False


class AgentStep(BaseModel):
    """What one agent did."""

    agent: str = Field(examples=["lead_agent"])
    action: str = Field(examples=["scored_and_drafted"])
    output: str = Field(description="at most 300 characters")
    timestamp: str


class RunStatus(BaseModel):
    """Where a run stands, and what came of it."""

    run_id: str
    status: Status
    intent: str = Field(description="empty until it is known")
    intent_confidence: float = Field(description="0 until it is known")
    current_agent: str
    agent_steps: list[AgentStep]
    final_response: str | None
    lead_score: float | None
    lead_tier: str | None = Field(examples=["hot"])
    escalate: bool
    escalation_reason: str | None
    created_at: str
    updated_at: str


class RunListItem(BaseModel):
    """A run in a list."""

    run_id: str
    status: Status
    intent: str
    sender_name: str
    sender_email: str
    subject: str
    created_at: str


class Deleted(BaseModel):
    """Whether there was something to delete."""

    deleted: bool
    run_id: str
