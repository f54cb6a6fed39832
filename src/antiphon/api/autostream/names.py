"""What the routers of AutoStream share."""

from typing import Any

from antiphon.api.access import Failure, InternalError, Invalid

PACK = "autostream"
FORM = "lead"
SESSION = "autostream/session"  # the kind of address that a session_id is
EMAIL = "email"

ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The body is not JSON."},
    413: {"model": Failure, "description": "The body is larger than 1 MiB."},
    422: {"model": Invalid, "description": "A field is missing, unknown or of the wrong kind."},
    500: {"model": InternalError, "description": "A defect of ours."},
    503: {"model": Failure, "description": "Nothing was accepted, or the run still waits; try again."},
}
