"""A store that others may be at work on, opened for reading."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from antiphon.clock import SystemClock
from antiphon.core.errors import ExtraMissing
from antiphon.ports import Store
from antiphon.settings import Settings
from antiphon.storage.sqlite import open_sqlite_readonly


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Store]:
    """The store of the settings. What would change it is refused.

    Raises:
        StoreMissing, DataFolderUnusable, StoreUnavailable: it cannot be read, or another version of us wrote it.
    """
    if settings.database_url is None:
        stores = await open_sqlite_readonly(settings.data_dir, clock=SystemClock())
        try:
            yield stores.tenant()
        finally:
            await stores.close()
        return
    try:
        from antiphon.storage.postgres.readonly import open_postgres_readonly  # noqa: PLC0415 - its driver is an extra
    except ImportError:
        raise ExtraMissing(what="DATABASE_URL", extra="postgres") from None
    databases = await open_postgres_readonly(settings.database_url)
    try:
        yield databases.tenant()
    finally:
        await databases.close()
