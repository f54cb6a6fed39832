"""Bringing a database up to date: the tables by Alembic, the functions from their file."""

import asyncio

from antiphon.core.errors import StoreUnavailable
from antiphon.storage.migrate import HEAD, upgrade
from antiphon.storage.postgres.connections import Connection, connect
from antiphon.storage.postgres.functions import install_functions

LOCK = 0x616E7469  # "anti"; the advisory lock of whoever changes the schema

ASK_AGAIN_SECONDS = 0.1  # for the lock


async def migrate_postgres(dsn: str) -> None:
    """Apply what is missing. Of several processes that start at once, one does it and the others wait for it.

    Raises:
        StoreUnavailable: the database cannot be reached, or a later version of us has changed it.
    """
    connection = await connect(dsn)
    try:
        await _lock(connection)
        found = await revision_of(connection)
        if found is not None and found > HEAD:
            reason = f"its schema is {found}, of a later version than this one, which knows {HEAD}"
            raise StoreUnavailable(reason=reason, in_doubt=False)
        if found != HEAD:
            await asyncio.to_thread(upgrade, "postgresql+asyncpg://", dsn=dsn)
        await install_functions(connection)
    finally:
        await connection.close()


async def _lock(connection: Connection) -> None:
    """Have the lock until the connection is closed.

    It is asked for again and again: whoever waited within a statement would be waited for by an index that is built
    beside the work of others, and so for ever.
    """
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):  # noqa: ASYNC110 - no event tells us
        await asyncio.sleep(ASK_AGAIN_SECONDS)


async def revision_of(connection: Connection) -> str | None:
    """The revision that a database is at; None when it holds no store of ours."""
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return found
