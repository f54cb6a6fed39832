"""Voice (CV.19): what was said in a call, as the speech service wrote it down."""

import re
from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, Field, StringConstraints

from antiphon.api.access import MAX_MESSAGE_CHARS, Body, IdempotencyKey, Text
from antiphon.api.answers import answer
from antiphon.api.converse.names import ERRORS, PACK, Conversing
from antiphon.core.address import normal
from antiphon.core.change import Change
from antiphon.engine.receive import Request

router = APIRouter(prefix="/api/v1/voice", tags=["channels"])

CHANNEL = "voice"
CONTACT = "contact"  # the role of whoever we speak with

_NUMBER = re.compile(r"(?:tel:)?\+?[\d\s().-]{5,}", re.IGNORECASE)
_Named = Annotated[Text, StringConstraints(min_length=1, max_length=128, strip_whitespace=True)]


class Transcript(Body):
    """A piece of a call in words."""

    call_id: _Named = Field(description="The call; a telephone number where the service has no other name for it.")
    role: Annotated[Text, StringConstraints(max_length=32)] = Field(default=CONTACT, description="Who spoke.")
    text: Annotated[Text, StringConstraints(max_length=MAX_MESSAGE_CHARS)]
    confidence: float = Field(default=1.0, ge=0, le=1, description="How sure the speech service is of the words.")
    is_final: bool = Field(default=True, description="false while the words may still change.")
    caller: _Named | None = Field(
        default=None, description="The caller's number; with it, all calls of a person are one conversation."
    )


class Spoken(BaseModel):
    """That it was taken; for final words of the contact, also what is to be said."""

    status: str = "ok"
    response: str | None = Field(default=None, description="To be spoken; empty when there is nothing to say.")
    conversation_id: str | None = None


@router.post("/transcript", responses=ERRORS, response_model=Spoken, response_model_exclude_none=True)
async def take_transcript(
    body: Transcript,
    service: Conversing,
    idempotency_key: Annotated[IdempotencyKey, Header(alias="Idempotency-Key")] = None,
) -> Response:
    """Only final words of the contact go on; their reply is in the answer, and nothing else is sent."""
    if not body.is_final or body.role != CONTACT or not body.text.strip():
        return answer({"status": "ok"})
    address = _address(body.caller or body.call_id)
    answered = await service.respond(
        Request(
            pack=PACK,
            change=Change(
                kind="message",
                value=body.text,
                channel=CHANNEL,
                data={"metadata": {"call_id": body.call_id, "confidence": body.confidence}},
            ),
            space=CHANNEL,
            address=address,
            idempotency_key=f"voice:{idempotency_key}" if idempotency_key else None,
            contact_name=f"Unknown ({address})",
        )
    )
    told = {"response": answered.outcome.reply or "", "conversation_id": answered.conversation_id}
    return answer({"status": "ok", **told}, run_id=answered.run_id)


def _address(name: str) -> str:
    """A telephone number as it is kept; the name of a call is no number, whatever digits stand in it."""
    return normal(CHANNEL, name) if _NUMBER.fullmatch(name) else name
