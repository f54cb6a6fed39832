"""Cursors: where a list goes on. Opaque to callers; what they made up is refused, not guessed at."""

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta

from fastapi.exceptions import RequestValidationError

from antiphon.core.names import Moment

NEXT = "X-Next-Cursor"  # a header, as the lists are bare arrays
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"(\d{1,17}) ([\x21-\x7e]{1,200})")  # microseconds, then an id


def cursor_of(at: Moment, name: str) -> str:
    """The cursor behind what happened at that time under that id."""
    micros = (at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros} {name}".encode()).decode().rstrip("=")


def place_of(given: str | None) -> tuple[Moment, str] | None:
    """What a cursor stands for; None without one.

    Raises:
        RequestValidationError: it is none of ours.
    """
    if given is None:
        return None
    try:
        text = base64.urlsafe_b64decode(given.encode("ascii") + b"=" * (-len(given) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    found = _PLACE.fullmatch(text)
    if not found or cursor_of(at := _EPOCH + timedelta(microseconds=int(found[1])), found[2]) != given:
        problem = f"is none of ours; take it from the {NEXT} header of the page before"
        raise RequestValidationError([{"loc": ("query", "cursor"), "msg": problem, "type": "cursor"}])
    return at, found[2]
