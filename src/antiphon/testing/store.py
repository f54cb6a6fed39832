"""A store in memory: nothing survives the process, everything else is as on a database."""

from antiphon.core.names import Tenant
from antiphon.ports import Clock
from antiphon.testing.contacts import MemoryContacts
from antiphon.testing.effects import MemoryEffects
from antiphon.testing.erasing import MemoryErasing
from antiphon.testing.numbers import MemoryNumbers
from antiphon.testing.pack_versions import MemoryPackVersions
from antiphon.testing.processes import MemoryProcesses
from antiphon.testing.runs import MemoryRuns
from antiphon.testing.search import MemoryTextSearch
from antiphon.testing.tables import Tables
from antiphon.testing.views import MemoryViews

LEASE_SECONDS = 30.0  # three missed heartbeats of 10 s


class MemoryStore(
    MemoryRuns,
    MemoryErasing,
    MemoryNumbers,
    MemoryEffects,
    MemoryContacts,
    MemoryViews,
    MemoryProcesses,
    MemoryTextSearch,
    MemoryPackVersions,
):
    """`ports.Store` for one tenant, for one event loop.

    No call awaits anything, so each happens at once and whole. Facts are copied through JSON on their way in,
    as a database would.
    """

    async def check(self) -> None:
        """See `ports.Store`."""
        self._tables.check_open()

    async def close(self) -> None:
        """See `ports.Store`. What was stored is gone with the last who knows it."""
        self._tables.closed = True


class MemoryStores:
    """The stores of all tenants."""

    def __init__(self, *, clock: Clock, lease_seconds: float = LEASE_SECONDS) -> None:
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._tables: dict[Tenant, Tables] = {}

    def tenant(self, name: Tenant = "default") -> MemoryStore:
        """The view of one tenant; the same data however often it is asked for."""
        tables = self._tables.setdefault(name, Tables())
        return MemoryStore(tables, self._clock, self._lease_seconds)

    async def tenants(self) -> list[Tenant]:
        """Whose data is here, in order."""
        return sorted(name for name, tables in self._tables.items() if tables.lines)

    async def close(self) -> None:
        """Close the stores of all tenants."""
        for tables in self._tables.values():
            tables.closed = True
