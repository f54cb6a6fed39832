"""Backup and restore: the store as one file, taken while a server works, and put back when nobody does.

The file is a SQLite database like the store itself. Embeddings and the JSON files are not in it: they are copies of
what is in the store or in the packs, and a server writes them anew when it starts. What was done in the world after
the backup is still to be done for it: effects that were pending then are performed again after a restore.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from antiphon.core.errors import (
    BackupFailed,
    BackupUnusable,
    DataFolderUnusable,
    StoreDamaged,
    StoreMissing,
    StorePresent,
)
from antiphon.storage.migrate import HEAD, KNOWN, revision
from antiphon.storage.sqlite.lock import FolderLock
from antiphon.storage.sqlite.proof import first_fault
from antiphon.storage.sqlite.readonly import connect_readonly
from antiphon.storage.sqlite.store import STORE_FILE, connect

Progress: TypeAlias = Callable[[int, int], None]  # pages copied so far, and of how many

PAGES_AT_ONCE = 256  # 1 MiB, after which somebody is told; the writer is never in the way, nor we in its


@dataclass(frozen=True, kw_only=True, slots=True)
class BackedUp:
    """What a backup holds."""

    size: int  # bytes
    conversations: int
    events: int


def backup(data_folder: Path, file: Path, *, progress: Progress = lambda _done, _total: None) -> BackedUp:
    """Copy the store of a data folder into one file, as of one commit, whoever else has it open. Blocks.

    A file that is there is replaced at the end, in one step. While it is copied, what is committed grows the store's
    log, which shrinks again afterwards.

    Raises:
        StoreMissing: the folder holds no store.
        BackupFailed: the store cannot be read, or the file cannot be written; the message says why.
    """
    store = data_folder / STORE_FILE
    if not store.is_file():
        raise StoreMissing(folder=data_folder)
    if file.exists() and file.samefile(store):
        raise BackupFailed(file=file, reason="it is the store itself")
    try:
        with _beside(file) as fresh:
            _copy(store, fresh, progress)
            backed_up = _measure(fresh)
            if fault := _damage(fresh):
                raise BackupFailed(file=file, reason=f"the copy is damaged: {fault}")
            _put(fresh, file)
    except (sqlite3.Error, OSError) as error:
        raise BackupFailed(file=file, reason=str(error)) from error
    return backed_up


def restore(file: Path, data_folder: Path, *, force: bool = False) -> BackedUp:
    """Make a backup the store of a data folder, after it has been proved whole. Blocks.

    It is copied beside the store first and the copy is proved, so that what was proved is what is used.

    Raises:
        DataFolderInUse: a running process owns the folder.
        DataFolderUnusable: the folder cannot be written.
        StorePresent: the folder holds a store, and `force` was not given.
        BackupUnusable: the file is missing, no store of ours, of a newer version, or damaged; the message says which.
    """
    if not file.is_file():
        raise BackupUnusable(file=file, reason="there is no such file")
    lock = FolderLock(data_folder)
    try:
        store = data_folder / STORE_FILE
        if store.exists() and not force:
            raise StorePresent(folder=data_folder)
        if store.exists() and file.samefile(store):
            raise BackupUnusable(file=file, reason="it is the store itself")
        with _beside(store) as fresh:
            shutil.copyfile(file, fresh)
            if fault := _fault(fresh):
                raise BackupUnusable(file=file, reason=fault)
            restored = _measure(fresh)
            _retire(store)
            _put(fresh, store)
    except OSError as error:
        raise DataFolderUnusable(folder=data_folder, reason=str(error)) from error
    finally:
        lock.release()
    return restored


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A file of our own in the same folder, for whoever may read what people said; gone afterwards in any case."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def _put(fresh: Path, file: Path) -> None:
    """Make a file durable under its name, in one step."""
    with fresh.open("rb+") as written:
        os.fsync(written.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name too
    finally:
        os.close(folder)


def _copy(store: Path, fresh: Path, progress: Progress) -> None:
    with closing(connect_readonly(store)) as source, closing(sqlite3.connect(fresh, isolation_level=None)) as target:
        target.execute("PRAGMA journal_mode = OFF")  # nobody sees it before it is whole
        target.execute("PRAGMA synchronous = OFF")  # `_put` flushes it once
        # Without a transaction of our own, each commit of the server would begin the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        source.backup(
            target,
            pages=PAGES_AT_ONCE,
            progress=lambda _status, remaining, total: progress(total - remaining, total),
        )
        source.execute("COMMIT")
        # The store's pages say that a log belongs to them. A backup has none, and can be read where nothing is written.
        target.execute("PRAGMA journal_mode = DELETE")


def _connect_frozen(file: Path) -> sqlite3.Connection:
    """A connection to a file that nobody changes; it makes no file beside it."""
    db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return db


def _measure(file: Path) -> BackedUp:
    with closing(_connect_frozen(file)) as db:
        (conversations,) = db.execute("SELECT count(*) FROM conversations").fetchone()
        (events,) = db.execute("SELECT count(*) FROM events").fetchone()
    return BackedUp(size=file.stat().st_size, conversations=conversations, events=events)


def _damage(file: Path) -> str | None:
    """What SQLite finds wrong with a file, or None."""
    try:
        with closing(_connect_frozen(file)) as db:
            (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return None if found == "ok" else str(found)


def _fault(file: Path) -> str | None:
    """Why a file cannot be a store here, or None."""
    if fault := _damage(file):
        return fault
    try:
        with closing(_connect_frozen(file)) as db:
            found = revision(db)
            if found not in KNOWN:
                return f"its schema is {found or 'none of ours'}, and this version knows those up to {HEAD}"
            return first_fault(db)
    except (sqlite3.Error, StoreDamaged) as error:
        return str(error)


def _retire(store: Path) -> None:
    """Leave the store that is replaced in one file, so that its log can never be taken for its successor's."""
    if not store.exists():
        return
    with suppress(sqlite3.Error), closing(connect(store)) as db:  # a damaged one is replaced all the same
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        store.with_name(f"{store.name}{suffix}").unlink(missing_ok=True)
