"""Runs: where one stands, all of them, and deleting one (AF.4, AF.5, AF.7, AF.8, AF.9)."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from antiphon.api.access import Served, Text
from antiphon.api.answers import answer
from antiphon.api.autoflow.names import ERRORS, NOT_FOUND, PACK, not_found
from antiphon.api.autoflow.run_status import list_item, live_steps, of_run, of_snapshot, stored_steps
from antiphon.api.autoflow.shapes import AgentStep, Deleted, RunListItem, RunStatus, Status
from antiphon.api.cursor import NEXT, cursor_of, place_of
from antiphon.api.keys import UNAUTHORIZED, AdminKey
from antiphon.core.names import Facts, RunId
from antiphon.core.run import ENDED, Run
from antiphon.core.run import RunStatus as StoredStatus
from antiphon.engine.erase import erase
from antiphon.engine.service import Service
from antiphon.ports import RunQuery

router = APIRouter(prefix="/api/v1", tags=["autoflow"])

MAX_LISTED = 200
DEFAULT_LISTED = 50
STALE = timedelta(seconds=3)  # longer than a turn without a model; the store is asked where it takes longer

_STORED: dict[str, frozenset[StoredStatus]] = {
    "running": frozenset({"queued", "running", "awaiting_approval"}),
    "completed": frozenset({"completed"}),
    "escalated": frozenset({"escalated"}),
    "error": frozenset({"failed"}),
}


@router.get("/status/{run_id}", responses={**ERRORS, **NOT_FOUND}, response_model=RunStatus)
async def read_status(run_id: str, service: Served) -> Response:
    """Where a run stands, from what is shown of it live, else from the store."""
    return answer(await current_status(service, run_id))


@router.get("/status/{run_id}/steps", responses=ERRORS, response_model=list[AgentStep])
async def read_steps(run_id: str, service: Served) -> Response:
    """What the agents did so far, in order; an empty list for a run that nobody knows."""
    hot = service.engine.hot
    kept = live_steps(await hot.steps(PACK, run_id)) if hot else []
    return answer(kept or await _stored_steps(service, run_id))


@router.get("/runs", responses=ERRORS, response_model=list[RunListItem])
async def list_runs(
    service: Served,
    limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = DEFAULT_LISTED,
    cursor: Annotated[
        str | None, Query(max_length=400, description=f"From the `{NEXT}` header of the page before.")
    ] = None,
    status: Annotated[Status | None, Query()] = None,
    intent: Annotated[Text | None, Query(max_length=100)] = None,
    q: Annotated[Text | None, Query(max_length=200, description="Found in sender, subject or body.")] = None,
) -> Response:
    """Runs, newest first. When there are more, the header `X-Next-Cursor` says where they go on."""
    wanted = RunQuery(
        pack=PACK,
        limit=limit + 1,  # one more says whether there is a next page
        before=place_of(cursor),
        statuses=_STORED[status] if status else frozenset(),
        intent=intent or None,
        text=(q or "").strip() or None,
    )
    found = await service.engine.store.runs(wanted)
    page = found[:limit]
    listed = answer([list_item(run) for run in page])
    if len(found) > limit:
        listed.headers[NEXT] = cursor_of(page[-1].created_at, page[-1].id)
    return listed


@router.get("/runs/{run_id}", responses={**ERRORS, **NOT_FOUND}, response_model=RunStatus)
async def read_run(run_id: str, service: Served) -> Response:
    """A run as the store has it."""
    return answer(await stored_status(service, run_id))


@router.delete("/runs/{run_id}", responses={**ERRORS, **UNAUTHORIZED}, dependencies=[AdminKey])
async def delete_run(run_id: str, service: Served) -> Deleted:
    """Erase a run and every copy of it. The audit log keeps that it was there, without content."""
    deleted = await _stored(service, run_id) is not None and await erase(service.engine, run_id)
    return Deleted(deleted=deleted, run_id=run_id)


async def current_status(service: Service, run_id: RunId) -> Facts:
    """The RunStatus of a run: what is shown live, else the store's.

    Raises:
        HTTPException: 404, nobody knows it.
    """
    hot = service.engine.hot
    shown = await hot.get(PACK, run_id) if hot else None
    if hot is None or shown is None:
        return await stored_status(service, run_id)
    if _may_be_stale(service, shown) and (run := await _stored(service, run_id)) and run.status in ENDED:
        return of_run(run, await service.engine.store.steps(run.id))
    return of_snapshot(shown, live_steps(await hot.steps(PACK, run_id)))


async def stored_status(service: Service, run_id: RunId) -> Facts:
    """The RunStatus of a run from the store alone.

    Raises:
        HTTPException: 404, it is not there.
    """
    run = await _stored(service, run_id)
    if run is None:
        raise not_found()
    return of_run(run, await service.engine.store.steps(run.id))


def _may_be_stale(service: Service, shown: Facts) -> bool:
    """Whether a snapshot has not moved for so long that its writer may have died after the commit."""
    if shown["status"] in ENDED:
        return False
    return service.engine.clock.now() - datetime.fromisoformat(str(shown["updated_at"])) > STALE


async def _stored_steps(service: Service, run_id: RunId) -> list[Facts]:
    run = await _stored(service, run_id)
    return stored_steps(run, await service.engine.store.steps(run.id)) if run else []


async def _stored(service: Service, run_id: RunId) -> Run | None:
    if "\x00" in run_id:  # no id, so nobody knows it
        return None
    run = await service.engine.store.run(run_id)
    return run if run and run.pack == PACK else None
