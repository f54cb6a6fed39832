"""AutoStream's lead capture alone (AS.10)."""

from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

from antiphon.api.access import Body, IdempotencyKey, Served, Text
from antiphon.api.autostream.names import EMAIL, ERRORS, FORM, PACK
from antiphon.core.change import Change
from antiphon.core.form import check
from antiphon.engine.receive import Request

router = APIRouter(tags=["autostream"])


class LeadRequest(Body):
    """A person who wants to hear from us."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "John Doe", "email": "john@example.com", "platform": "YouTube"}]}
    )

    name: Text
    email: Text
    platform: Text


class LeadResponse(BaseModel):
    """The lead is stored, in the database and in leads.json."""

    status: str = Field(examples=["success"])
    lead_id: str = Field(examples=["LEAD-00042"])
    message: str


@router.post("/lead", responses=ERRORS)
async def capture_lead(
    body: LeadRequest, service: Served, idempotency_key: Annotated[IdempotencyKey, Header()] = None
) -> LeadResponse:
    """Capture a lead at once. Invalid values are refused, and nothing is stored."""
    reading = check(service.business(PACK).pack.forms[FORM], body.model_dump())
    if reading.refused:
        raise RequestValidationError(
            [{"loc": ("body", slot), "msg": reason, "type": "value_error"} for slot, reason in reading.refused.items()]
        )
    answered = await service.respond(
        Request(
            pack=PACK,
            change=Change(kind="form", value=FORM, data=reading.filled),
            space=EMAIL,
            address=str(reading.filled["email"]).lower(),
            idempotency_key=idempotency_key,
        )
    )
    return LeadResponse(
        status="success",
        lead_id=str(answered.outcome.facts["lead_id"]),
        message=answered.outcome.reply or "",
    )
