"""The stores that keep the contract, opened by name."""

from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from antiphon.ports import Clock, Store
from antiphon.storage.sqlite import open_sqlite
from antiphon.testing import MemoryStores

StoreKind: TypeAlias = Literal["memory", "sqlite"]

STORE_KINDS: tuple[StoreKind, ...] = ("memory", "sqlite")
LEASE_SECONDS = 30.0


class Stores(Protocol):
    """What hands out the views of tenants."""

    def tenant(self, name: str = "default") -> Store:
        """The view of one tenant."""
        ...

    async def close(self) -> None:
        """Let go of all of them."""
        ...


async def open_stores(kind: StoreKind, folder: Path, clock: Clock) -> Stores:
    """Empty stores of a kind; what needs a place on disk takes the folder."""
    if kind == "memory":
        return MemoryStores(clock=clock, lease_seconds=LEASE_SECONDS)
    return await open_sqlite(folder, clock=clock, lease_seconds=LEASE_SECONDS)
