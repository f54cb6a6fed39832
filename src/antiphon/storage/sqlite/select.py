"""Running a query with named values on SQLite."""

import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from antiphon.storage.codec import Row

T = TypeVar("T")


def select(db: sqlite3.Connection, of: Callable[[Row], T], query: str, values: Mapping[str, Any]) -> list[T]:
    """Each row of a query as `of` makes it.

    An audit reads what was damaged, and asks for it by the names that it found there. Python binds no text that is
    none, but its bytes as they were; so all text goes in as bytes, and is text again inside.
    """
    texts = {name: value.encode("utf-8", "surrogateescape") for name, value in values.items() if isinstance(value, str)}

    def cast(name: re.Match[str]) -> str:
        return f"CAST({name[0]} AS TEXT)" if name[1] in texts else name[0]

    return [of(row) for row in db.execute(re.sub(r":([a-z_]+)", cast, query), {**values, **texts})]
