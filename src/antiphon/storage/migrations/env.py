"""How Alembic runs our revisions: online, one transaction each."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, event, pool

from antiphon.storage.schema import metadata

url: str = context.config.attributes["url"]


def run(connection: Connection) -> None:
    """Apply what is missing on a connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


def run_on_sqlite() -> None:
    """On a file, with the driver of the standard library."""
    engine = create_engine(url, poolclass=pool.NullPool)

    @event.listens_for(engine, "connect")
    def _transactions_by_hand(connection: Any, _: object) -> None:
        # Python's sqlite3 commits before DDL on its own; a revision must be applied whole or not at all.
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        run(connection)
    engine.dispose()


async def run_on_postgres() -> None:
    """On PostgreSQL, with the driver that the store has too. It reads the address, as it does for the store."""
    import asyncpg  # noqa: PLC0415 - comes with an extra
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - as above

    dsn: str = context.config.attributes["dsn"]
    engine = create_async_engine(url, poolclass=pool.NullPool, async_creator=lambda: asyncpg.connect(dsn))
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


if url.startswith("sqlite"):
    run_on_sqlite()
else:
    asyncio.run(run_on_postgres())
