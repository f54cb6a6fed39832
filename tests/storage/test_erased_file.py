"""What is erased from a SQLite store is in no byte of its file, and `antiphon audit verify` still proves it whole."""

import asyncio
from pathlib import Path

import pytest

from antiphon.core.effect import Effect
from antiphon.core.lead import Lead
from antiphon.core.names import RunId
from antiphon.core.run import Outcome
from antiphon.core.step import Step
from antiphon.engine.engine import Engine
from antiphon.engine.erase import erase
from antiphon.queue.memory import MemoryWakeUps
from antiphon.signals.memory import MemorySignals
from antiphon.storage.sqlite import STORE_FILE, open_sqlite
from antiphon.testing import CountingIds, SettableClock
from tests.cli.command import antiphon
from tests.contracts.desk import WORKER, Desk

SECRET = "my-name-is-mallory"


async def _spoken(desk: Desk, text: str, number: int) -> RunId:
    claim = await desk.begin(text)
    await desk.store.commit(
        desk.turn(
            claim,
            outcome=Outcome(status="completed", reply=text),
            steps=(Step(node="n", agent="a", action="b", output=text, why={}, ms=1.0),),
            effects=(Effect(kind="notify", payload={"text": text}),),
            leads=(Lead(id=f"LEAD-{number:05}", form="signup", values={"name": text}),),
        )
    )
    return claim.run.id


async def _live(folder: Path, length: int, *, erases: bool) -> None:
    clock = SettableClock()
    stores = await open_sqlite(folder, clock=clock)
    desk = Desk(store=stores.tenant(), clock=clock, ids=CountingIds())
    engine = Engine(
        owner=WORKER,
        store=desk.store,
        clock=clock,
        ids=desk.ids,
        businesses={},
        signals=MemorySignals(),
        wake_ups=MemoryWakeUps(),
    )
    run_ids = [await _spoken(desk, f"{SECRET} {number} " * length, number) for number in range(20)]
    for number in range(20, 40):
        await _spoken(desk, "something else", number)
    for run_id in run_ids if erases else ():
        assert await erase(engine, run_id)
    await stores.close()


@pytest.mark.parametrize("length", [1, 1000])  # within a page of the file, and over several
def test_af_9_no_byte_of_what_was_erased_is_in_the_file(tmp_path: Path, length: int) -> None:
    for name, erases in (("kept", False), ("erased", True)):
        asyncio.run(_live(tmp_path / name, length, erases=erases))
        files = [file.read_bytes() for file in (tmp_path / name).glob(f"{STORE_FILE}*")]
        assert any(SECRET.encode() in data for data in files) != erases
    ran = antiphon("audit", "verify", "--data", tmp_path / "erased")
    assert (ran.status, ran.err.strip()) == (0, "")
    assert "every chain holds" in ran.out
    assert "40 events were erased" in ran.out
