"""Running a query with named values on SQLite."""

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from antiphon.storage.codec import Row
from antiphon.storage.listing import Dialect, like

T = TypeVar("T")


LISTING = Dialect(
    searched=(
        "(change ->> '$.value')",
        "(change ->> '$.data.sender_name')",
        "(change ->> '$.data.sender_email')",
        "(change ->> '$.data.subject')",
    ),
    within="({})",
    ordered="(SELECT * FROM {})",
    matches="lowered({}) LIKE :pattern ESCAPE '\\'",
    pattern=like,
)


def fold_case(db: sqlite3.Connection) -> None:
    """Let a connection compare the letters of every language without regard to case; SQLite knows those of English."""
    db.create_function("lowered", 1, _lowered, deterministic=True)


def _lowered(value: object) -> str | None:
    return value.lower() if isinstance(value, str) else None


def select(db: sqlite3.Connection, of: Callable[[Row], T], query: str, values: Mapping[str, Any]) -> list[T]:
    """Each row of a query as `of` makes it.

    An audit reads what was damaged, and asks for it by the names that it found there. Python binds no text that is
    none, but its bytes as they were; so all text goes in as bytes, and is text again inside.
    """
    texts = {name: value.encode("utf-8", "surrogateescape") for name, value in values.items() if isinstance(value, str)}

    def cast(name: re.Match[str]) -> str:
        return f"CAST({name[0]} AS TEXT)" if name[1] in texts else name[0]

    return [of(row) for row in db.execute(re.sub(r":([a-z_]+)", cast, query), {**values, **texts})]
