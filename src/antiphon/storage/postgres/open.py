"""Opening a database: bring its schema up to date, and make a pool of connections."""

from antiphon.ports import Clock
from antiphon.storage.lease import LEASE_SECONDS
from antiphon.storage.postgres.connections import POOL_SIZE, open_connections
from antiphon.storage.postgres.migrate import migrate_postgres
from antiphon.storage.postgres.store import PostgresStores


async def open_postgres(
    url: str, *, clock: Clock | None = None, lease_seconds: float = LEASE_SECONDS, pool_size: int = POOL_SIZE
) -> PostgresStores:
    """The store of a database, its tables made if they are not there. Any number of processes may open it at once.

    The url is postgresql://, postgres:// or, as SQLAlchemy writes it, postgresql+asyncpg://. With a `clock` leases
    are on it, for tests; without one they are on the database's.

    Raises:
        StoreUnavailable: the database cannot be reached, or holds the schema of a later version.
    """
    dsn = dsn_of(url)
    await migrate_postgres(dsn)
    return PostgresStores(connections=await open_connections(dsn, pool_size), clock=clock, lease_seconds=lease_seconds)


def dsn_of(url: str) -> str:
    """The address without the name of a driver."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"
