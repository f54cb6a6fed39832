"""Promise 1, taken literally: nobody is told that something was accepted before its COMMIT has returned."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from antiphon.clock import RandomIds, SystemClock
from antiphon.core.change import Change
from antiphon.core.errors import StoreUnavailable
from antiphon.core.run import Arrival
from antiphon.storage.sqlite import connect, open_sqlite


def arrival(text: str = "hello") -> Arrival:
    ids = RandomIds()
    return Arrival(
        run_id=ids.new(),
        pack="shop",
        pack_version="1",
        space="shop/session",
        address="ann",
        change=Change(kind="message", value=text),
        contact_id=ids.new(),
        conversation_id=ids.new(),
        at=SystemClock().now(),
    )


class Gate:
    """Holds the writer at its next COMMIT until it is opened."""

    def __init__(self) -> None:
        self.holding = False
        self.reached = threading.Event()
        self.opened = threading.Event()

    def connect(self, path: Path) -> sqlite3.Connection:
        db = connect(path)
        db.set_trace_callback(self._passes)
        return db

    def _passes(self, statement: str) -> None:
        if self.holding and statement == "COMMIT":
            self.reached.set()
            self.opened.wait(30)


async def test_nothing_is_acknowledged_before_its_commit_has_returned(tmp_path: Path) -> None:
    gate = Gate()
    stores = await open_sqlite(tmp_path, clock=SystemClock(), connect=gate.connect)
    gate.holding = True
    accepting = asyncio.create_task(stores.tenant().accept(arrival()))
    assert await asyncio.to_thread(gate.reached.wait, 30)
    for _ in range(100):
        await asyncio.sleep(0)  # whatever was sent to this loop before the COMMIT has arrived by now
    assert not accepting.done()
    gate.opened.set()
    assert (await accepting).run.position == 1
    await stores.close()


async def test_a_commit_that_the_disk_refuses_is_acknowledged_to_nobody(tmp_path: Path) -> None:
    """A quota on the file: what does not fit is refused, and what comes when there is room again is not."""
    opened: list[sqlite3.Connection] = []

    def remembering(path: Path) -> sqlite3.Connection:
        opened.append(connect(path))
        return opened[-1]

    stores = await open_sqlite(tmp_path, clock=SystemClock(), connect=remembering)
    store = stores.tenant()
    pages = opened[-1].execute("PRAGMA page_count").fetchone()[0]
    opened[-1].execute(f"PRAGMA max_page_count = {pages + 1}")
    outcomes = await asyncio.gather(*(store.accept(arrival("x" * 1000)) for _ in range(40)), return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, StoreUnavailable)]
    assert refused
    assert all("full" in str(one) for one in refused)
    opened[-1].execute("PRAGMA max_page_count = 1000000")
    last = await store.accept(arrival())
    accepted = [one for one in outcomes if not isinstance(one, BaseException)]
    assert len(accepted) + len(refused) == len(outcomes)
    assert last.run.position == len(accepted) + 1
    for one in accepted:
        assert await store.run(one.run.id) == one.run
    await stores.close()


@pytest.mark.parametrize(("setting", "value"), [("journal_mode", "wal"), ("synchronous", 2)])
async def test_every_commit_is_flushed_to_disk(tmp_path: Path, setting: str, value: object) -> None:
    """Only a real power cut shows when it is not: what a killed process has written, the system still has."""
    stores = await open_sqlite(tmp_path, clock=SystemClock())
    assert await stores.writer.submit(lambda db: db.execute(f"PRAGMA {setting}").fetchone()[0]) == value
    await stores.close()
