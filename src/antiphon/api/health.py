"""Whether the service lives, is ready, and how its parts are."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from antiphon.api.access import Failure, Served
from antiphon.core.errors import StoreUnavailable
from antiphon.engine.service import Service
from antiphon.ports import Knowledge

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """How the parts are. A part that is not configured is null."""

    status: str = Field(examples=["ok"], description="degraded when a configured database or Redis is away")
    service: str = "gateway"
    ollama: bool | None
    redis: bool | None
    database: bool | None
    timestamp: str = Field(examples=["2026-11-20T10:00:00.000Z"])
    index_loaded: bool = Field(description="whether every pack's knowledge can be searched")
    knowledge: dict[str, str] = Field(
        description="by pack: ok, indexing 1234 of 100000, or which file cannot be read and why"
    )


class Alive(BaseModel):
    """The process answers."""

    status: str = "ok"


@router.get("/health")
async def health(service: Served) -> Health:
    """How the parts are; always 200."""
    database = await _reachable(service) is None
    redis = await _redis(service)
    knowledge = {name: _told(business.knowledge) for name, business in service.engine.businesses.items()}
    now = service.engine.clock.now().isoformat(timespec="milliseconds")
    return Health(
        status="ok" if database and redis is not False else "degraded",
        ollama=await _ollama(service),
        redis=redis,
        database=database,
        timestamp=now.replace("+00:00", "Z"),
        index_loaded=all(business.knowledge.loaded for business in service.engine.businesses.values()),
        knowledge=knowledge,
    )


@router.get("/livez")
async def livez() -> Alive:
    """The process answers. Nothing else is looked at."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Failure, "description": "The store cannot be written."}})
async def readyz(service: Served, response: Response) -> dict[str, Any]:
    """Whether requests can be accepted."""
    if reason := await _reachable(service):
        response.status_code = 503
        return {"detail": reason}
    return {"status": "ok"}


def _told(knowledge: Knowledge) -> str:
    """How a pack's knowledge is, in a few words."""
    if knowledge.indexing is not None:
        done, total = knowledge.indexing
        return f"indexing {done} of {total}" if total else "indexing"
    return knowledge.broken or "ok"


async def _ollama(service: Service) -> bool | None:
    """Whether Ollama answers; None when none is configured. Without it `local` understands, so nothing is degraded."""
    server = service.engine.model_server
    return await server.reachable() if server else None


async def _redis(service: Service) -> bool | None:
    """Whether Redis is there; None when none is configured."""
    hot = service.engine.hot
    return await hot.away() is None if hot and service.engine.hot_is_shared else None


async def _reachable(service: Service) -> str | None:
    """Why the store cannot be written, or None."""
    try:
        await service.engine.store.check()
    except StoreUnavailable as error:
        return str(error)
    return None
