"""Effects, as an operator sees and replays them (AF.53): what was promised, and what became of it."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from antiphon.api.access import Body, Failure, Invalid, Served, Text
from antiphon.api.cursor import NEXT, cursor_of, place_of
from antiphon.api.keys import UNAUTHORIZED, AdminKey
from antiphon.core.effect import EffectStatus, KeptEffect
from antiphon.core.errors import EffectNotFound
from antiphon.core.names import Facts
from antiphon.engine.replay import Stuck, cancel, replay, replay_all
from antiphon.ports import EffectQuery

ERRORS: dict[int | str, dict[str, Any]] = {
    **UNAUTHORIZED,
    422: {"model": Invalid, "description": "A parameter is unknown or of the wrong kind."},
    503: {"model": Failure, "description": "The store is away; try again."},
}
ONE: dict[int | str, dict[str, Any]] = {
    **ERRORS,
    404: {"model": Failure, "description": "There is no such effect."},
    409: {"model": Failure, "description": "It does not stand where this can be done; nothing was changed."},
}
MAX_LISTED = 200
DEFAULT_LISTED = 50

router = APIRouter(prefix="/api/v1/effects", tags=["effects"], dependencies=[AdminKey])

Kind = Annotated[
    Text | None,
    Query(max_length=300, description="This kind and those below it: notify is also notify:example.com:1f2e."),
]


class EffectItem(BaseModel):
    """A promise and where it stands."""

    key: str = Field(description="The name under which it is kept once, and the other side's webhook-id.")
    run_id: str
    conversation_id: str
    kind: str
    status: EffectStatus
    due_at: datetime = Field(description="When it is due, or was when it ended.")
    attempts: int = Field(description="How often it was begun.")
    max_attempts: int
    repeatable: bool = Field(description="The other side recognises a repeat.")
    reason: str | None = Field(description="Why it is dead or parked, or why the last attempt failed.")


class EffectDetail(EffectItem):
    """The same with what it carries."""

    payload: dict[str, Any]


class Stands(BaseModel):
    """Where an effect stands now."""

    key: str
    status: EffectStatus


class ReplayAll(Body):
    """Which of the dead and parked effects to replay."""

    status: list[Stuck] = Field(default=["dead", "parked"], min_length=1, strict=False)
    kind: Text | None = Field(default=None, max_length=300)


class Replayed(BaseModel):
    """How many effects are due again. One call replays 1,000 at most."""

    replayed: int


@router.get("", responses=ERRORS, response_model=list[EffectItem])
async def list_effects(
    service: Served,
    status: Annotated[list[EffectStatus] | None, Query(description="May be given several times.")] = None,
    kind: Kind = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = DEFAULT_LISTED,
    cursor: Annotated[
        str | None, Query(max_length=600, description=f"From the `{NEXT}` header of the page before.")
    ] = None,
) -> Response:
    """Effects, the latest due first. When there are more, the header `X-Next-Cursor` says where they go on."""
    wanted = EffectQuery(
        limit=limit + 1,  # one more says whether there is a next page
        before=place_of(cursor),
        statuses=frozenset(status or ()),
        kind=kind,
    )
    found = await service.engine.store.effects(wanted)
    page = found[:limit]
    answer = Response(orjson.dumps([_item(kept) for kept in page]), media_type="application/json")
    if len(found) > limit:
        answer.headers[NEXT] = cursor_of(page[-1].due_at, page[-1].key)
    return answer


@router.post("/replay", responses=ERRORS)
async def replay_effects(body: ReplayAll, service: Served) -> Replayed:
    """Perform every dead or parked effect of a kind once more, the latest first.

    Before you replay what is parked, look at the other side: it may have been done.
    """
    statuses = frozenset(body.status)
    return Replayed(replayed=await replay_all(service.engine, service.performing, statuses=statuses, kind=body.kind))


@router.get("/{key}", responses=ONE)
async def read_effect(key: str, service: Served) -> EffectDetail:
    """One effect with what it carries."""
    kept = await service.engine.store.effect(_usable(key))
    if kept is None:
        raise EffectNotFound(key=key)
    return EffectDetail(**_item(kept), payload=dict(kept.effect.payload))


@router.post("/{key}/replay", responses=ONE)
async def replay_effect(key: str, service: Served) -> Stands:
    """Perform a dead or parked effect once more, under the same key. Of several who ask, one wins; others get 409."""
    await replay(service.engine, service.performing, _usable(key))
    return Stands(key=key, status="pending")


@router.post("/{key}/cancel", responses=ONE)
async def cancel_effect(key: str, service: Served) -> Stands:
    """Never perform an effect that is pending, dead or parked."""
    await cancel(service.engine, _usable(key))
    return Stands(key=key, status="cancelled")


def _usable(key: str) -> str:
    """A key that a store can look for."""
    if "\x00" in key:
        raise EffectNotFound(key=key.replace("\x00", ""))
    return key


def _item(kept: KeptEffect) -> Facts:
    return {
        "key": kept.key,
        "run_id": kept.run_id,
        "conversation_id": kept.conversation_id,
        "kind": kept.effect.kind,
        "status": kept.status,
        "due_at": kept.due_at,
        "attempts": kept.attempts,
        "max_attempts": kept.effect.max_attempts,
        "repeatable": kept.effect.repeatable,
        "reason": kept.reason,
    }
