"""AutoStream's conversation (AS.7)."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from antiphon.api.access import Body, IdempotencyKey, Message, OutsideId, Served
from antiphon.api.autostream.names import ERRORS, PACK, SESSION
from antiphon.core.change import Change
from antiphon.engine.receive import Request

router = APIRouter(tags=["autostream"])


class ChatRequest(Body):
    """A message of a session. A session begins with its first message."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"message": "What does Pro cost?", "session_id": "s-1"}]})

    message: Message
    session_id: OutsideId


class ChatResponse(BaseModel):
    """The reply, and where the conversation stands."""

    response: str = Field(examples=["Pro is $79/month."])
    session_id: str = Field(examples=["s-1"])
    intent: str = Field(
        examples=["product_inquiry"], description="greeting, product_inquiry, high_intent or lead_collection"
    )
    lead_captured: bool


@router.post("/chat", responses=ERRORS, response_model=ChatResponse)
async def chat(
    body: ChatRequest,
    service: Served,
    idempotency_key: Annotated[IdempotencyKey, Header()] = None,
) -> Response:
    """Say something and get the reply. The message and the reply are stored before this answers.

    With an `Idempotency-Key` a repeated request gets the first one's reply. `X-Run-ID` names the run.
    """
    answered = await service.respond(
        Request(
            pack=PACK,
            change=Change(kind="message", value=body.message),
            space=SESSION,
            address=body.session_id,
            idempotency_key=idempotency_key,
        )
    )
    outcome = answered.outcome
    said = ChatResponse(
        response=outcome.reply or "",
        session_id=body.session_id,
        intent=outcome.intent or "",
        lead_captured="lead_id" in outcome.facts,
    )
    # Written out here: FastAPI would validate once more what was just made.
    return Response(said.model_dump_json(), media_type="application/json", headers={"X-Run-ID": answered.run_id})
