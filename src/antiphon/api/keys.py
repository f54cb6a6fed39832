"""Keys: who may bring inquiries and watch them, and who may delete. A key that is not set is not asked for."""

from collections.abc import Sequence
from hmac import compare_digest
from typing import Annotated, Any

from fastapi import Depends, HTTPException
from fastapi.security import APIKeyHeader
from starlette.requests import HTTPConnection

from antiphon.api.access import Failure
from antiphon.api.door import door_of

WRONG_KEY = "Invalid or missing API key"
WRONG_ADMIN_KEY = "Invalid or missing admin key"

UNAUTHORIZED: dict[int | str, dict[str, Any]] = {
    401: {"model": Failure, "description": "A key is set, and the request does not bring it."}
}


def holds(given: str | None, keys: Sequence[str]) -> bool:
    """Whether `given` is one of the keys, or none is set. It takes as long for a near miss as for a far one."""
    if not keys:
        return True
    sent = (given or "").encode("utf-8", "surrogateescape")
    return sum(compare_digest(sent, key.encode()) for key in keys) > 0  # all of them, also after one that fits


_admin = APIKeyHeader(
    name="X-Admin-Key", auto_error=False, description="Needed for what deletes or replays, when one is set."
)


async def _check_admin(connection: HTTPConnection, given: Annotated[str | None, Depends(_admin)]) -> None:
    if not holds(given, door_of(connection).admin_keys):
        raise HTTPException(401, WRONG_ADMIN_KEY)


AdminKey = Depends(_check_admin)  # for `dependencies=[AdminKey]` of a route or router
