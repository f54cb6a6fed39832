"""Text search of many passages: only what has changed is written, and turns are committed meanwhile."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from antiphon.core.passage import Passage
from antiphon.storage.sqlite import STORE_FILE, open_sqlite, text
from antiphon.testing import SettableClock
from tests.contracts.desk import PACK, Desk


def passage(number: int, said: str = "nothing") -> Passage:
    return Passage(id=f"p/{number}", source="p.jsonl", title="", text=f"word{number} {said}")


async def test_a_change_among_many_is_found_and_the_others_stay(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "BATCH", 7)
    await desk.store.index(PACK, [passage(number) for number in range(50)])
    await desk.store.index(PACK, [passage(number, "duck" if number == 20 else "nothing") for number in range(1, 50)])
    assert await desk.store.search(PACK, ["word0"], 5) == []
    assert [found for found, _ in await desk.store.search(PACK, ["duck"], 5)] == ["p/20"]
    assert [found for found, _ in await desk.store.search(PACK, ["word49"], 5)] == ["p/49"]
    assert len(await desk.store.search(PACK, ["nothing"], 100)) == 48


async def test_what_stays_the_same_is_not_written_again(tmp_path: Path) -> None:
    stores = await open_sqlite(tmp_path, clock=SettableClock())
    store = stores.tenant()

    def rows() -> dict[str, int]:
        with closing(sqlite3.connect(tmp_path / STORE_FILE)) as db:
            both = "SELECT p.id, p.rowid FROM passages p JOIN passages_text t ON t.rowid = p.rowid AND t.id = p.id"
            return dict(db.execute(both).fetchall())

    await store.index(PACK, [passage(number) for number in range(5)])
    before = rows()
    await store.index(PACK, [passage(0), passage(2), passage(3, "changed"), passage(4), passage(9)])
    after = rows()
    await stores.close()
    assert set(after) == {"p/0", "p/2", "p/3", "p/4", "p/9"}
    assert {name: after[name] for name in ("p/0", "p/2", "p/4")} == {
        name: before[name] for name in ("p/0", "p/2", "p/4")
    }
    assert after["p/3"] != before["p/3"]
