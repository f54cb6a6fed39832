"""The stores that keep the contract, opened by name."""

from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import asyncpg
import pytest

from antiphon.ports import Clock, Store
from antiphon.storage.postgres import open_postgres
from antiphon.storage.schema import metadata
from antiphon.storage.sqlite import open_sqlite
from antiphon.testing import MemoryStores

StoreKind: TypeAlias = Literal["memory", "sqlite", "postgres"]

STORE_KINDS: tuple[StoreKind, ...] = ("memory", "sqlite", "postgres")
LEASE_SECONDS = 30.0


class Stores(Protocol):
    """What hands out the views of tenants."""

    def tenant(self, name: str = "default") -> Store:
        """The view of one tenant."""
        ...

    async def tenants(self) -> list[str]:
        """Whose data is here, in order."""
        ...

    async def close(self) -> None:
        """Let go of all of them."""
        ...


async def open_stores(kind: StoreKind, folder: Path, clock: Clock, postgres_url: str | None = None) -> Stores:
    """Empty stores of a kind; what needs a place on disk takes the folder, and PostgreSQL its database."""
    if kind == "memory":
        return MemoryStores(clock=clock, lease_seconds=LEASE_SECONDS)
    if kind == "sqlite":
        return await open_sqlite(folder, clock=clock, lease_seconds=LEASE_SECONDS)
    assert postgres_url is not None
    stores = await open_postgres(postgres_url, clock=clock, lease_seconds=LEASE_SECONDS)
    await _empty(postgres_url)
    return stores


async def _empty(url: str) -> None:
    """Forget what the test before left; for a few rows this is much quicker than TRUNCATE, which makes new files."""
    connection = await asyncpg.connect(url)
    await connection.execute("; ".join(f'DELETE FROM "{name}"' for name in metadata.tables))  # noqa: S608 - our own names
    await connection.close()


def server_of(kind: StoreKind, request: pytest.FixtureRequest) -> str | None:
    """The database that a kind needs; nobody starts a server for the others."""
    url: str | None = request.getfixturevalue("quiet_postgres_url") if kind == "postgres" else None
    return url
