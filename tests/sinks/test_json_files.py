"""The JSON files after something was erased (AF.9): both are written anew without it, and are written on."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from antiphon.core.lead import Lead
from antiphon.core.run import Claim
from antiphon.engine.engine import Engine
from antiphon.engine.erase import erase
from antiphon.queue.memory import MemoryWakeUps
from antiphon.signals.memory import MemorySignals
from antiphon.sinks.json_files import CONVERSATIONS_FILE, LEADS_FILE, JsonFiles
from antiphon.testing import CountingIds, MemoryStores, SettableClock
from tests.contracts.desk import PACK, SPACE, WORKER, Desk


@pytest.fixture
def desk() -> Desk:
    clock = SettableClock()
    return Desk(store=MemoryStores(clock=clock).tenant(), clock=clock, ids=CountingIds())


@pytest.fixture
async def files(desk: Desk, tmp_path: Path) -> AsyncIterator[JsonFiles]:
    sink = JsonFiles(tmp_path, desk.store, pack=PACK, space=SPACE)
    await sink.start()
    yield sink
    await sink.stop()


def engine(desk: Desk, files: JsonFiles) -> Engine:
    return Engine(
        owner=WORKER,
        store=desk.store,
        clock=desk.clock,
        ids=desk.ids,
        businesses={},
        signals=MemorySignals(),
        wake_ups=MemoryWakeUps(),
        sinks=[files],
    )


async def capture(desk: Desk, files: JsonFiles, number: int, address: str = "ann") -> Claim:
    claim = await desk.begin(f"I am number {number}", address=address)
    turn = desk.turn(claim, leads=(Lead(id=f"LEAD-{number:05}", form="signup", values={"number": number}),))
    await desk.store.commit(turn)
    await files.committed(turn)
    return claim


def leads(folder: Path) -> list[int]:
    return [lead["number"] for lead in json.loads((folder / LEADS_FILE).read_text())]


async def becomes(folder: Path, wanted: Callable[[Any], bool]) -> None:
    """Until the conversations are written as they should be."""
    async with asyncio.timeout(10):
        while not wanted(json.loads((folder / CONVERSATIONS_FILE).read_text())):  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.02)


async def test_af_9_an_erased_run_is_in_neither_file(desk: Desk, files: JsonFiles, tmp_path: Path) -> None:
    claims = [await capture(desk, files, 1), await capture(desk, files, 2), await capture(desk, files, 3, "bob")]
    await becomes(tmp_path, lambda told: len(told) == 2 and "number 2" in json.dumps(told))
    assert await erase(engine(desk, files), claims[1].run.id)
    assert leads(tmp_path) == [1, 3]
    await becomes(tmp_path, lambda told: "number 2" not in json.dumps(told) and "number 1" in json.dumps(told["ann"]))
    await capture(desk, files, 4)
    assert leads(tmp_path) == [1, 3, 4], "fewer leads than were written before are written all the same"


async def test_af_9_conversations_without_a_lead_are_written_anew(desk: Desk, files: JsonFiles, tmp_path: Path) -> None:
    claim = await desk.begin("secret")
    turn = desk.turn(claim)
    await desk.store.commit(turn)
    await files.committed(turn)
    await becomes(tmp_path, lambda told: "ann" in told)
    assert await erase(engine(desk, files), claim.run.id)
    await becomes(tmp_path, lambda told: told == {})


async def test_leads_that_come_while_another_is_erased_are_all_written(
    desk: Desk, files: JsonFiles, tmp_path: Path
) -> None:
    claims = [await capture(desk, files, number, f"person-{number}") for number in range(5)]
    e = engine(desk, files)
    await asyncio.gather(
        *(erase(e, claim.run.id) for claim in claims),
        *(capture(desk, files, number, f"person-{number}") for number in range(5, 10)),
    )
    assert leads(tmp_path) == list(range(5, 10))
