"""Moving a store: all that a data folder's SQLite file holds, into an empty PostgreSQL, in one transaction.

Passages are left out: they are copies of the packs' files, and whoever starts on the database writes them anew.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg

from antiphon.core.errors import StoreDamaged, StoreMissing, StoreNotMoved, StoreUnavailable
from antiphon.storage.migrate import HEAD, KNOWN, migrate_sqlite, revision
from antiphon.storage.postgres.connections import Connection, connect
from antiphon.storage.postgres.migrate import migrate_postgres
from antiphon.storage.postgres.open import dsn_of
from antiphon.storage.proof import CONVERSATIONS, EVENTS, Proof
from antiphon.storage.schema import metadata
from antiphon.storage.sqlite.lock import FolderLock
from antiphon.storage.sqlite.readonly import connect_readonly
from antiphon.storage.sqlite.store import STORE_FILE

Progress: TypeAlias = Callable[[int, int], None]  # rows copied so far, and of how many

TABLES: Mapping[str, list[str]] = {
    table.name: [column.name for column in table.columns]
    for table in metadata.tables.values()
    if table.name != "passages"
}
PAGE = 1000  # events proved at once, and rows after which somebody is told how far it is
# What a server writes that was only started: whether it can write, what its packs are, and when their rules fire.
_AT_START = ("counters", "pack_versions", "maps", "effects")
_HELD = {name: f"SELECT EXISTS (SELECT FROM {name})" for name in TABLES if name not in _AT_START} | {  # noqa: S608 - ours
    "counters": "SELECT EXISTS (SELECT FROM counters WHERE name <> 'health')",
    "effects": "SELECT EXISTS (SELECT FROM effects WHERE kind <> 'rule')",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What was copied, and proved in its new place."""

    rows: Mapping[str, int]  # by table


async def move(data_folder: Path, url: str, *, progress: Progress = lambda _done, _total: None) -> Moved:
    """Copy the store of a data folder that no process owns to the PostgreSQL of a url, all of it or nothing.

    The folder's store stays as it is; one of an earlier version is brought up to date first, as a start would do.

    Raises:
        StoreMissing: the folder holds none.
        DataFolderInUse: a running process owns the folder.
        DataFolderUnusable: the folder cannot be written.
        StoreNotMoved: the database cannot be reached, or holds something already, or the store is damaged.
    """
    file = data_folder / STORE_FILE
    if not await asyncio.to_thread(file.is_file):
        raise StoreMissing(folder=data_folder)
    lock = FolderLock(data_folder)
    try:
        await asyncio.to_thread(_bring_up_to_date, file)
        with closing(connect_readonly(file)) as source:
            return await _move(source, dsn_of(url), progress)
    except StoreUnavailable as error:
        raise StoreNotMoved(folder=data_folder, reason=error.reason) from error
    except _Refused as error:
        raise StoreNotMoved(folder=data_folder, reason=str(error)) from error
    except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, StoreDamaged) as error:
        reason = f"{type(error).__name__}: {error}"
        raise StoreNotMoved(folder=data_folder, reason=reason) from error
    finally:
        lock.release()


class _Refused(Exception):
    """Why a store cannot be moved, in its own words."""


def _bring_up_to_date(file: Path) -> None:
    with closing(connect_readonly(file)) as db:
        found = revision(db)
    if found not in KNOWN:
        raise _Refused(f"its schema is {found or 'none of ours'}, and this version knows those up to {HEAD}")
    if found != HEAD:
        migrate_sqlite(file)


async def _move(source: sqlite3.Connection, dsn: str, progress: Progress) -> Moved:
    await migrate_postgres(dsn)
    target = await connect(dsn)
    try:
        async with target.transaction():
            await _check_empty(target)
            counts = _counts(source)
            await _copy(source, target, _Told(sum(counts.values()), progress))
            await _prove(target, counts)
            await _void_leases(target)
        await target.execute(f"ANALYZE {', '.join(TABLES)}")
    finally:
        await target.close()
    return Moved(rows=counts)


async def _check_empty(target: Connection) -> None:
    """Nobody else writes there until the end, though they may read."""
    await target.execute(f"LOCK TABLE {', '.join(TABLES)} IN SHARE ROW EXCLUSIVE MODE")
    held = [name for name, query in _HELD.items() if await target.fetchval(query)]
    if held:
        raise _Refused(f"the database holds {', '.join(held)} already; name an empty one")
    for name in _AT_START:
        await target.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names


def _counts(source: sqlite3.Connection) -> dict[str, int]:
    return {
        name: int(source.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608 - our own names
        for name in TABLES
    }


class _Told:
    """Rows on their way, of which somebody is told."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done, self._total, self._progress = 0, total, progress

    def rows(self, cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
        """All rows of a cursor."""
        while page := cursor.fetchmany(PAGE):
            yield from page
            self._done += len(page)
            self._progress(self._done, self._total)


async def _copy(source: sqlite3.Connection, target: Connection, told: _Told) -> None:
    cursor = source.cursor()
    cursor.row_factory = None
    for name, columns in TABLES.items():
        named = ", ".join(f'"{column}"' for column in columns)
        rows = told.rows(cursor.execute(f"SELECT {named} FROM {name}"))  # noqa: S608 - our own names
        try:
            await target.copy_records_to_table(name, columns=columns, records=rows)
        except (TypeError, ValueError, OverflowError) as error:  # SQLite keeps what a column is not meant for
            raise _Refused(f"a value in {name} is none of its column: {error}") from error


async def _prove(target: Connection, counts: Mapping[str, int]) -> None:
    """What has come to the database is as many rows, and every chain holds there."""
    for name, expected in counts.items():
        found = await target.fetchval(f"SELECT count(*) FROM {name}")  # noqa: S608 - our own names
        if found != expected:
            raise _Refused(f"{found} of {expected} {name} have arrived")
    proof = Proof(await target.fetch(CONVERSATIONS))
    events = await target.cursor(EVENTS)
    fault = None
    while fault is None and (page := await events.fetch(PAGE)):
        fault = proof.walk(page)
    if fault := fault or proof.end():
        raise _Refused(fault)


async def _void_leases(target: Connection) -> None:
    """Nobody owns the folder: whoever held a lease is gone."""
    await target.execute("UPDATE conversations SET lease_until = 0 WHERE lease_owner IS NOT NULL")
    await target.execute("UPDATE effects SET lease_until = 0 WHERE status = 'performing'")
