"""Reading a database that servers are at work on: nothing is brought up to date, and the database refuses changes."""

from antiphon.core.errors import StoreUnavailable
from antiphon.storage.lease import LEASE_SECONDS
from antiphon.storage.migrate import HEAD
from antiphon.storage.postgres.connections import connect, open_connections
from antiphon.storage.postgres.migrate import revision_of
from antiphon.storage.postgres.open import dsn_of
from antiphon.storage.postgres.store import PostgresStores


async def open_postgres_readonly(url: str) -> PostgresStores:
    """The store of a database, for reading.

    Raises:
        StoreUnavailable: it cannot be reached, or another version of the schema is in it.
    """
    dsn = dsn_of(url)
    connection = await connect(dsn)
    try:
        found = await revision_of(connection)
    finally:
        await connection.close()
    if found != HEAD:
        reason = f"its schema is {found or 'none'} and this version reads {HEAD}; `antiphon serve` brings it up to date"
        raise StoreUnavailable(reason=reason, in_doubt=False)
    connections = await open_connections(dsn, default_transaction_read_only="on")
    return PostgresStores(connections=connections, clock=None, lease_seconds=LEASE_SECONDS)
