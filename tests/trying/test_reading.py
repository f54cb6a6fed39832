"""Reading a store that a server is at work on, and changing nothing of it."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from antiphon.core.errors import AntiphonError, StoreMissing, StoreUnavailable
from antiphon.settings import Settings
from antiphon.storage.postgres.readonly import open_postgres_readonly
from antiphon.trying.reading import reading
from tests.trying.branch import Branch, begin


async def test_it_reads_beside_a_server_and_cannot_write(branch: Branch) -> None:
    async with branch.open() as service:
        binding = await begin(service, "ann")
        async with reading(branch.settings) as store:
            found = await store.binding(binding.id)
            assert found is not None
            assert found.state == "open"
            with pytest.raises(AntiphonError, match="read"):
                await store.next_number("leads")


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    async def read() -> None:
        async with reading(Settings(data_dir=tmp_path)):
            pass

    with pytest.raises(StoreMissing):
        asyncio.run(read())
    assert list(tmp_path.iterdir()) == []


async def test_a_database_of_another_version_is_not_brought_up_to_date(quiet_postgres_url: str) -> None:
    """As one would be that nobody has served from, or an older one."""
    db = await asyncpg.connect(quiet_postgres_url)
    await db.execute("DROP DATABASE IF EXISTS unserved")
    await db.execute("CREATE DATABASE unserved")
    await db.close()
    url = quiet_postgres_url.rpartition("/")[0] + "/unserved"
    with pytest.raises(StoreUnavailable, match="its schema is none and this version reads"):
        await open_postgres_readonly(url)
    db = await asyncpg.connect(url)
    assert await db.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await db.close()


async def test_a_database_that_is_away_says_so() -> None:
    async with asyncio.timeout(10):
        with pytest.raises(StoreUnavailable):
            await open_postgres_readonly("postgresql://nobody@127.0.0.1:1/none")
