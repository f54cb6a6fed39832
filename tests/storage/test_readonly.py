# ruff: noqa: ASYNC240  # small files in a test; nobody waits for the loop
"""Reading a store that another process writes."""

import os
import sqlite3
from pathlib import Path

import pytest

from antiphon.core.errors import DataFolderUnusable, StoreMissing, StoreReadOnly
from antiphon.storage.sqlite import STORE_FILE, open_sqlite, open_sqlite_readonly
from antiphon.testing import CountingIds, SettableClock
from tests.contracts.desk import PACK, SPACE, Desk


async def test_it_reads_what_is_committed_while_another_writes(tmp_path: Path) -> None:
    clock = SettableClock()
    stores = await open_sqlite(tmp_path, clock=clock)
    desk = Desk(store=stores.tenant(), clock=clock, ids=CountingIds())
    await desk.work("first")
    beside = await open_sqlite_readonly(tmp_path, clock=clock)
    assert await beside.tenant().conversation_at(PACK, SPACE, "ann") == await desk.record()
    await desk.work("second")
    assert await beside.tenant().conversation_at(PACK, SPACE, "ann") == await desk.record()
    await beside.close()
    await desk.work("third")  # the writer did not notice anybody
    await stores.close()


async def test_whatever_would_change_the_store_is_refused(tmp_path: Path) -> None:
    clock = SettableClock()
    await (await open_sqlite(tmp_path, clock=clock)).close()
    before = (tmp_path / STORE_FILE).read_bytes()
    stores = await open_sqlite_readonly(tmp_path, clock=clock)
    desk = Desk(store=stores.tenant(), clock=clock, ids=CountingIds())
    for change in (desk.arrive(), desk.store.next_number("lead"), desk.store.check(), desk.store.renew([])):
        with pytest.raises(StoreReadOnly, match="for reading only"):
            await change
    await stores.close()
    assert (tmp_path / STORE_FILE).read_bytes() == before


async def test_no_folder_and_no_lock_is_made(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "elsewhere"):
        with pytest.raises(StoreMissing, match="no store in"):
            await open_sqlite_readonly(folder, clock=SettableClock())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"this is no database at all" * 100])
async def test_what_is_no_store_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / STORE_FILE).write_bytes(content)
    with pytest.raises(DataFolderUnusable):
        await open_sqlite_readonly(tmp_path, clock=SettableClock())


async def test_another_schema_is_not_read(tmp_path: Path) -> None:
    await (await open_sqlite(tmp_path, clock=SettableClock())).close()
    with sqlite3.connect(tmp_path / STORE_FILE) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DataFolderUnusable, match="its schema is 9999"):
        await open_sqlite_readonly(tmp_path, clock=SettableClock())


async def test_a_folder_that_may_not_be_written_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SettableClock()
    stores = await open_sqlite(tmp_path, clock=clock)
    await Desk(store=stores.tenant(), clock=clock, ids=CountingIds()).work()
    await stores.close()
    before = set(tmp_path.iterdir())
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    beside = await open_sqlite_readonly(tmp_path, clock=clock)
    assert len(await beside.tenant().conversation_ids()) == 1
    await beside.close()
    assert set(tmp_path.iterdir()) == before
