"""The one writer thread of a SQLite store, with natural group commit.

While one transaction is being made durable the next ones queue up; they are committed together, so that a
flush to disk (`synchronous=FULL`) is shared by whoever waits and nobody waits for a timer. Each piece of work
has a savepoint of its own: one that fails takes nobody with it.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

from antiphon.core.errors import StoreUnavailable

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection], T]  # runs inside a transaction, on the writer's thread

GROUP_LIMIT = 256  # pieces of work in one transaction, so that the first does not wait for ever


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs pieces of work in transactions, in the order in which they came."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closing = False
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(connect, opened), name="store-writer", daemon=True)
        self._thread.start()
        opened.result()

    async def submit(self, work: Work[T]) -> T:
        """The result of `work`, once its transaction is durable.

        Raises:
            StoreUnavailable: the database refused; nothing of this work was stored.
        """
        if self._closing:
            raise StoreUnavailable(reason="the store is closed")
        loop = asyncio.get_running_loop()
        job = _Job(work, loop, loop.create_future())
        self._jobs.put(job)
        result: T = await job.future  # a caller that goes away does not take back what was submitted
        return result

    def close(self) -> None:
        """Finish what was submitted and end the thread. Blocks."""
        self._closing = True
        self._jobs.put(None)
        self._thread.join()

    def _run(self, connect: Callable[[], sqlite3.Connection], opened: Future[None]) -> None:
        try:
            db = connect()
        except BaseException as error:  # noqa: BLE001 - handed to whoever opened the writer
            opened.set_exception(error)
            return
        opened.set_result(None)
        while group := self._next_group():
            _commit_group(db, group)
            _deliver(group)
        db.close()

    def _next_group(self) -> list[_Job]:
        first = self._jobs.get()
        if first is None:
            return []
        group = [first]
        while len(group) < GROUP_LIMIT:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            group.append(job)
        return group


def _commit_group(db: sqlite3.Connection, group: list[_Job]) -> None:
    try:
        db.execute("BEGIN IMMEDIATE")
        for job in group:
            _run_in_savepoint(db, job)
        db.execute("COMMIT")
    except sqlite3.Error as error:
        if db.in_transaction:
            with suppress(sqlite3.Error):  # if even this fails, the next BEGIN does, and comes here again
                db.execute("ROLLBACK")
        for job in group:
            job.error = StoreUnavailable(reason=str(error))


def _run_in_savepoint(db: sqlite3.Connection, job: _Job) -> None:
    db.execute("SAVEPOINT job")
    try:
        job.result = job.work(db)
    except Exception as error:
        if not db.in_transaction:  # the database gave up the whole transaction: nobody's work is stored
            raise sqlite3.OperationalError(str(error)) from error
        db.execute("ROLLBACK TO job")
        job.error = StoreUnavailable(reason=str(error)) if _is_refusal(error) else error
    db.execute("RELEASE job")


def _is_refusal(error: Exception) -> bool:
    """Whether the file is the trouble: full, locked, not writable, or damaged (which has no class of its own)."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _deliver(group: list[_Job]) -> None:
    """Answer everybody, with one wake-up per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in group:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, jobs)
        except RuntimeError:
            continue  # the loop is closed; its callers are gone, what they stored stays


def _resolve(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
