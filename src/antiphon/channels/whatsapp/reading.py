"""Readers for JSON of others: each gives what was asked for, or what stands for nothing; none raises."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from antiphon.core.names import Moment

MAX_ID_CHARS = 512
MAX_NAME_CHARS = 200
MAX_TEXT_CHARS = 5000  # as everywhere; WhatsApp itself allows 4,096
MAX_LISTED = 1000  # entries of one list; Meta sends up to 1,000 updates at once


def object_in(value: object, *path: str) -> dict[str, Any]:
    """The object at a path, or an empty one."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def objects_in(value: object, name: str) -> Iterator[dict[str, Any]]:
    """The objects of a list; whatever else stands in it is passed over."""
    found = value.get(name) if isinstance(value, dict) else None
    if isinstance(found, list):
        yield from (one for one in found[:MAX_LISTED] if isinstance(one, dict))


def text_in(value: object, name: str, limit: int = MAX_TEXT_CHARS) -> str:
    """A text without control characters that nobody types; empty when it is blank or no text."""
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str):
        return ""
    return found.replace("\x00", "").strip()[:limit]


def line_in(value: object, name: str, limit: int = MAX_NAME_CHARS) -> str:
    """A text of one line."""
    return " ".join(text_in(value, name).split())[:limit]


def id_in(value: object, name: str) -> str | None:
    """A name that something is known by, whole, or None."""
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str) or not 0 < len(found) <= MAX_ID_CHARS:
        return None
    return found if found.isprintable() and not found.isspace() else None


def moment_in(value: object, name: str) -> Moment | None:
    """Seconds since 1970, written as text or number."""
    found = value.get(name) if isinstance(value, dict) else None
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= 12:
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < 253_402_300_800:  # the year 10000
        return None
    return datetime.fromtimestamp(found, UTC)


def number_in(value: object, name: str) -> float | None:
    """A finite number."""
    found = value.get(name) if isinstance(value, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        return None
    return found
