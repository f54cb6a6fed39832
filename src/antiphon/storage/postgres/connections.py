"""Connections to PostgreSQL: a pool, its limits, and what a failure means."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, TypeAlias

import asyncpg
from asyncpg import exceptions
from asyncpg.pool import PoolConnectionProxy

from antiphon.core.errors import StoreUnavailable

Record: TypeAlias = asyncpg.Record
Connection: TypeAlias = "asyncpg.Connection[Record] | PoolConnectionProxy[Record]"
Pool: TypeAlias = "asyncpg.Pool[Record]"

log = logging.getLogger(__name__)

POOL_SIZE = 10  # connections a process: a few commits share a flush to disk; more only wait for each other
CONNECT_SECONDS = 5.0  # to make a connection
FREE_SECONDS = 5.0  # to wait for a free one; whoever waits longer is told to come again
ANSWER_SECONDS = 10.0  # for a statement: all of ours take milliseconds, so this one hangs
GIVE_UP_SECONDS = 8.0  # the server gives up before we do, so that nobody is in doubt
IDLE_SECONDS = 300.0  # after which a connection is let go
CLOSE_SECONDS = 5.0  # to finish what was begun, or to take back what a caller no longer waits for
CONFLICTS = 5  # times that a statement is tried which the database gave up in favour of another

SESSION = {
    "application_name": "antiphon",
    # The functions rely on seeing what was committed while they waited for a lock.
    "default_transaction_isolation": "read committed",
    "statement_timeout": str(int(GIVE_UP_SECONDS * 1000)),  # ms
    "jit": "off",  # compiling takes longer than any statement of ours
}

# What goes by itself when the database is back, or has room again.
_UNAVAILABLE = (
    OSError,  # a refused or broken connection; a TimeoutError is one too
    exceptions.InterfaceError,  # the connection or the pool is closed
    exceptions.InternalClientError,  # the connection broke in the middle of an answer
    exceptions.PostgresConnectionError,
    exceptions.OperatorInterventionError,  # it is shutting down or starting, or somebody ended the session
    exceptions.InsufficientResourcesError,  # too many connections, a full disk, no memory
    exceptions.PostgresSystemError,  # it cannot read or write its files
    exceptions.ReadOnlySQLTransactionError,  # a standby, until it is promoted
    exceptions.InvalidAuthorizationSpecificationError,  # a password that was changed here or there
    exceptions.InvalidCatalogNameError,  # a database that is being restored
    exceptions.LockNotAvailableError,
)
_CONFLICT = (exceptions.DeadlockDetectedError, exceptions.SerializationError)


class Connections:
    """Runs statements, each a transaction of its own, on whichever connection is free."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._running: set[asyncio.Task[list[Record]]] = set()

    async def rows(self, statement: str, *values: Any) -> list[Record]:
        """What a statement gives.

        Raises:
            StoreUnavailable: the database cannot be reached, or refused; nothing was changed. When the connection
                was lost before the answer came, `in_doubt` is true: all of it was done, or nothing.
        """
        # A caller that goes away does not take back what was submitted: to interrupt a statement takes a connection
        # of its own, and sometimes leaves the one that it was on unusable.
        task = asyncio.create_task(self._until_no_conflict(statement, values))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_tell_of_failure)
            raise

    async def _until_no_conflict(self, statement: str, values: tuple[Any, ...]) -> list[Record]:
        for tries_left in reversed(range(CONFLICTS)):
            try:
                return await self._rows(statement, values)
            except _CONFLICT as error:  # of two that wait for each other one is given up, as if it had not begun
                if not tries_left:
                    raise StoreUnavailable(reason=_reason(error), in_doubt=False) from error
        raise AssertionError("unreachable: the last try returns or raises")

    async def _rows(self, statement: str, values: tuple[Any, ...]) -> list[Record]:
        connection = None
        try:
            connection = await self._pool.acquire(timeout=FREE_SECONDS)
            return await connection.fetch(statement, *values)
        except _UNAVAILABLE as error:
            if connection is not None:
                _cut(connection)
            in_doubt = connection is not None and not _refused(error)
            raise StoreUnavailable(reason=_reason(error), in_doubt=in_doubt) from error
        finally:
            if connection is not None:
                await self._pool.release(connection, timeout=CLOSE_SECONDS)

    async def close(self) -> None:
        """Finish what was begun, as far as that takes no time."""
        try:
            await asyncio.wait_for(self._pool.close(), CLOSE_SECONDS)
        except TimeoutError:
            log.warning("connections to the database were cut: they did not close in %s s", CLOSE_SECONDS)
            self._pool.terminate()


async def connect(dsn: str) -> Connection:
    """One connection, outside of any pool.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    try:
        return await asyncpg.connect(dsn, timeout=CONNECT_SECONDS, server_settings={"application_name": "antiphon"})
    except _UNAVAILABLE as error:
        raise StoreUnavailable(reason=_reason(error), in_doubt=False) from error


async def open_connections(dsn: str, size: int = POOL_SIZE, **session: str) -> Connections:
    """A pool that makes its connections when they are needed, and again when they are lost; `session` are settings."""
    pool: Pool = asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        max_inactive_connection_lifetime=IDLE_SECONDS,
        timeout=CONNECT_SECONDS,
        command_timeout=ANSWER_SECONDS,
        server_settings={**SESSION, **session},
        reset=_leave_as_it_is,
    )
    return Connections(await pool)


async def _leave_as_it_is(_: object) -> None:
    """No statement of ours leaves anything behind; asking for a clean session would double the round trips."""


def _cut(connection: "PoolConnectionProxy[Record]") -> None:
    """Never use a connection again: an answer that is on its way in it would be taken for that of the next."""
    with suppress(exceptions.InterfaceError):  # the driver saw that it was lost, and let go of it before
        connection.terminate()


def _tell_of_failure(task: asyncio.Task[list[Record]]) -> None:
    """For a statement whose caller is gone: nobody else is told."""
    if not task.cancelled() and (error := task.exception()):
        log.warning("a statement failed whose caller had gone: %s", error)


def _refused(error: Exception) -> bool:
    """Whether the database itself said that it did not do it."""
    return isinstance(error, exceptions.PostgresError) and not isinstance(error, exceptions.PostgresConnectionError)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else f"{type(error).__name__} of the database"
