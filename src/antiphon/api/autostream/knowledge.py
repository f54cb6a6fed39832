"""AutoStream's knowledge search alone (AS.9)."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from antiphon.api.access import Body, Message, Served
from antiphon.api.autostream.names import ERRORS, PACK

router = APIRouter(tags=["autostream"])


class RetrieveRequest(Body):
    """A query, and how many passages it may bring."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"query": "refund policy", "top_k": 3}]})

    query: Message
    top_k: Annotated[int, Field(ge=1, le=20)] = 3


class RetrievedPassage(BaseModel):
    """A passage and how well it fits, from 0 to 1."""

    content: str = Field(examples=["Refund policy: No refunds after 7 days."])
    score: float = Field(examples=[0.82])


class RetrieveResponse(BaseModel):
    """The best passages, best first."""

    results: list[RetrievedPassage]


@router.post("/retrieve", responses=ERRORS)
async def retrieve(body: RetrieveRequest, service: Served) -> RetrieveResponse:
    """Search the knowledge base."""
    found = await service.business(PACK).knowledge.retrieve(body.query, top_k=body.top_k)
    return RetrieveResponse(
        results=[RetrievedPassage(content=one.passage.content, score=round(one.score, 4)) for one in found]
    )
