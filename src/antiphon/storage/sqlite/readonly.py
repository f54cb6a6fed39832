"""Reading a store that may be another process's: no lock, no writer, no migration.

WAL lets a second process read while the first one writes; it sees the last commit.
"""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import TypeVar

from antiphon.core.errors import DataFolderUnusable, StoreMissing, StoreReadOnly
from antiphon.ports import Clock
from antiphon.storage.lease import LEASE_SECONDS
from antiphon.storage.migrate import HEAD, revision
from antiphon.storage.sqlite.select import fold_case
from antiphon.storage.sqlite.store import BUSY_SECONDS, STORE_FILE, Readers, SqliteStores
from antiphon.storage.sqlite.writer import Work

T = TypeVar("T")


async def open_sqlite_readonly(folder: Path, *, clock: Clock) -> SqliteStores:
    """The store of a data folder, for reading, whoever else has it open. What would change it is refused.

    Raises:
        StoreMissing: the folder holds none.
        DataFolderUnusable: it cannot be read, or another version of the schema is in it.
    """
    return await asyncio.to_thread(_open, folder, clock)


class Refusing:
    """In the place of the writer: there is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def submit(self, work: Work[T]) -> T:  # noqa: ARG002 - whatever it is
        """Nothing.

        Raises:
            StoreReadOnly: always.
        """
        raise StoreReadOnly(folder=self._folder)

    def close(self) -> None:
        """Nothing was begun."""


def _open(folder: Path, clock: Clock) -> SqliteStores:
    path = folder / STORE_FILE
    if not path.is_file():
        raise StoreMissing(folder=folder)
    try:
        db = connect_readonly(path)
        found = revision(db)
        db.close()
    except sqlite3.Error as error:
        raise DataFolderUnusable(folder=folder, reason=str(error)) from error
    if found != HEAD:
        reason = f"its schema is {found or 'none'} and this version reads {HEAD}; `antiphon serve` brings it up to date"
        raise DataFolderUnusable(folder=folder, reason=reason)
    return SqliteStores(
        clock=clock,
        lease_seconds=LEASE_SECONDS,
        writer=Refusing(folder),
        readers=Readers(lambda: connect_readonly(path)),
    )


def connect_readonly(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. Text that is none is read all the same: whoever looks for damage must see it."""
    # Without its log, in a folder that may not be written, SQLite would want to make one; nobody else writes there.
    log = path.with_name(f"{path.name}-wal")
    frozen = not os.access(path.parent, os.W_OK) and not log.exists()
    uri = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if frozen else ''}"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    db.execute("PRAGMA temp_store = MEMORY")
    fold_case(db)
    return db
