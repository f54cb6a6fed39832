"""Opening a data folder: lock it, bring its schema up to date, forget old leases."""

import asyncio
import sqlite3
from pathlib import Path

from antiphon.core.errors import DataFolderUnusable
from antiphon.ports import Clock
from antiphon.storage.lease import LEASE_SECONDS
from antiphon.storage.migrate import migrate_sqlite, needs_migration
from antiphon.storage.sqlite import runs
from antiphon.storage.sqlite.lock import FolderLock
from antiphon.storage.sqlite.store import (
    STORE_FILE,
    Connecting,
    Readers,
    SqliteStores,
    connect,
    connect_reader,
)
from antiphon.storage.sqlite.writer import Writer


async def open_sqlite(
    folder: Path, *, clock: Clock, lease_seconds: float = LEASE_SECONDS, connect: Connecting = connect
) -> SqliteStores:
    """The store of a data folder, made if it is not there. `connect` gives the connection that writes.

    Raises:
        DataFolderInUse: another process owns the folder.
        DataFolderUnusable: it cannot be created, read or written; the message says why.
    """
    return await asyncio.to_thread(_open, folder, clock, lease_seconds, connect)


def _open(folder: Path, clock: Clock, lease_seconds: float, connect: Connecting) -> SqliteStores:
    lock = FolderLock(folder)
    try:
        path = folder / STORE_FILE
        _prepare(path, connect)
        return SqliteStores(
            clock=clock,
            lease_seconds=lease_seconds,
            writer=Writer(lambda: connect(path)),
            readers=Readers(lambda: connect_reader(path)),
            release=lock.release,
        )
    except (sqlite3.Error, OSError) as error:
        lock.release()
        raise DataFolderUnusable(folder=folder, reason=str(error)) from error


def _prepare(path: Path, connect: Connecting) -> None:
    db = connect(path)
    try:
        if needs_migration(db):
            migrate_sqlite(path)
        with db:
            db.execute("BEGIN IMMEDIATE")
            # This process owns the store alone: whoever held a lease is gone.
            runs.void_leases(db)
    finally:
        db.close()
