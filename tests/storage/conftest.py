"""The desk of the contract tests, on SQLite."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from antiphon.storage.sqlite import open_sqlite
from antiphon.testing import CountingIds, SettableClock
from tests.contracts.desk import Desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock = SettableClock()
    stores = await open_sqlite(tmp_path, clock=clock)
    yield Desk(store=stores.tenant(), clock=clock, ids=CountingIds())
    await stores.close()
