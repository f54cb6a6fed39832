"""What the routers of Converse share."""

from typing import Annotated, Any

from fastapi import Depends, HTTPException

from antiphon.api.access import Failure, InternalError, Invalid, Served
from antiphon.engine.service import Service

PACK = "converse"
MAX_LISTED = 200
DEFAULT_LISTED = 50

ERRORS: dict[int | str, dict[str, Any]] = {
    422: {"model": Invalid, "description": "A field or parameter is missing, unknown or of the wrong kind."},
    500: {"model": InternalError, "description": "A defect of ours."},
    503: {"model": Failure, "description": "The store or the backend is away, or the pack is not loaded; try again."},
}


def not_found(what: str) -> HTTPException:
    """Nobody knows it."""
    return HTTPException(404, f"{what} not found")


def missing(what: str) -> dict[int | str, dict[str, Any]]:
    """The 404 of a route, for its documentation."""
    return {404: {"model": Failure, "description": f"{what} not found."}}


async def _conversing(service: Served) -> Service:
    if PACK not in service.engine.businesses:
        raise HTTPException(503, "The pack converse is not loaded", headers={"Retry-After": "10"})
    return service


Conversing = Annotated[Service, Depends(_conversing)]
