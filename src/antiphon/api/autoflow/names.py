"""What the routers of AutoFlow share."""

from typing import Any

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from antiphon.api.access import Failure, InternalError, Invalid, service_of
from antiphon.engine.service import Service

PACK = "autoflow"
RUN = "autoflow/run"  # the kind of address: an inquiry stands alone, and its conversation is named by its run

ERRORS: dict[int | str, dict[str, Any]] = {
    422: {"model": Invalid, "description": "A field or parameter is missing, unknown or of the wrong kind."},
    500: {"model": InternalError, "description": "A defect of ours."},
    503: {"model": Failure, "description": "The store is away, or the pack is not loaded; try again."},
}
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Failure, "description": "There is no such run."}}


def working(connection: HTTPConnection) -> Service:
    """The service, when it has the pack.

    Raises:
        HTTPException: 503, it has not.
    """
    service = service_of(connection)
    if PACK not in service.engine.businesses:
        raise HTTPException(503, "Graph not initialized", headers={"Retry-After": "10"})
    return service


def not_found() -> HTTPException:
    """An id that nobody knows, whether it is an id or not."""
    return HTTPException(404, "Run not found")
