"""The functions of the hot path, as they are called and as they are put into the database.

Their text is the file beside this one, and their names end with a digest of it. So what is called is what the file
says, a change of it needs no migration, and processes of two versions work on one database side by side.
"""

import hashlib
from functools import cache
from pathlib import Path

from antiphon.storage.postgres.connections import Connection

_FILE = Path(__file__).with_name("functions.sql")


@cache
def _versioned() -> tuple[str, str]:
    """The end of every name, and the text with it."""
    text = _FILE.read_text(encoding="utf-8")
    version = "_" + hashlib.sha256(text.encode()).hexdigest()[:12]
    return version, text.replace("<v>", version)


@cache
def call(name: str, arguments: int) -> str:
    """The statement that calls a function, e.g. `antiphon_claim` with $1 to $6."""
    places = ", ".join(f"${place}" for place in range(1, arguments + 1))
    return f"SELECT * FROM {name}{_versioned()[0]}({places})"  # noqa: S608 - our own names


async def install_functions(connection: Connection) -> None:
    """Put this version's functions into the database, unless they are there."""
    version, text = _versioned()
    if await connection.fetchval("SELECT to_regproc($1)", f"antiphon_commit{version}") is None:
        await connection.execute(text)  # several statements in one message are one transaction
