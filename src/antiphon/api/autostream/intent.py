"""AutoStream's intent recognition alone (AS.8): nothing is stored."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from antiphon.api.access import Body, Message, OutsideId, Served
from antiphon.api.autostream.names import ERRORS, PACK, SESSION
from antiphon.core.change import Change
from antiphon.core.conversation import Conversation
from antiphon.core.decide import allowed_intents, decide

router = APIRouter(tags=["autostream"])


class ClassifyRequest(Body):
    """A message, and the session that it would belong to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"message": "I want to sign up", "session_id": "s-1"}]})

    message: Message
    session_id: OutsideId


class ClassifyResponse(BaseModel):
    """What the message would be taken for."""

    intent: str = Field(examples=["high_intent"])
    session_id: str = Field(examples=["s-1"])


@router.post("/classify", responses=ERRORS)
async def classify(body: ClassifyRequest, service: Served) -> ClassifyResponse:
    """The intent of a message, as the session stands now."""
    business = service.business(PACK)
    record = await service.engine.store.conversation_at(PACK, SESSION, body.session_id)
    conversation = record.state if record else Conversation()
    understood = await business.classifier.classify(body.message, allowed=allowed_intents(business.pack, conversation))
    decision = decide(business.pack, conversation, Change(kind="message", value=body.message), understood)
    return ClassifyResponse(intent=decision.intent, session_id=body.session_id)
