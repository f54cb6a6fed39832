"""The store that the settings choose."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from antiphon.core.errors import (
    ExtraMissing,
)
from antiphon.ports import (
    Clock,
    Store,
)
from antiphon.settings import Settings
from antiphon.storage.sqlite import Connecting, open_sqlite


@asynccontextmanager
async def opened_store(settings: Settings, clock: Clock, connect: Connecting) -> AsyncIterator[Store]:
    """The store that the settings choose."""
    if settings.database_url is None:
        seconds = settings.lease_seconds
        stores = await open_sqlite(settings.data_dir, clock=clock, lease_seconds=seconds, connect=connect)
        try:
            yield stores.tenant()
        finally:
            await stores.close()
        return
    try:
        from antiphon.storage.postgres import open_postgres  # noqa: PLC0415 - its driver is an extra
    except ImportError:
        raise ExtraMissing(what="DATABASE_URL", extra="postgres") from None
    databases = await open_postgres(settings.database_url, lease_seconds=settings.lease_seconds)
    try:
        yield databases.tenant()
    finally:
        await databases.close()
