"""What is shown of a run while it goes on, and of one that was erased meanwhile (AF.9)."""

import asyncio
from dataclasses import replace

import pytest

from antiphon.core.errors import AntiphonError
from antiphon.engine.erase import erase
from antiphon.engine.service import Service
from antiphon.signals.memory import MemoryHotState
from tests.engine.bench import bench, message


async def test_af_9_a_step_that_comes_after_the_erasing_is_not_left_behind() -> None:
    b = bench()
    hot = MemoryHotState(clock=b.clock)
    service = Service.of(replace(b.service.engine, hot=hot, live=frozenset({"bakery"})))
    b.work.hold = asyncio.Event()
    asked = asyncio.create_task(service.respond(message("my secret")))
    await b.work.started.wait()
    run_id = next(iter(service.turns._held.values())).run.id
    assert await hot.get("bakery", run_id) is not None
    assert await erase(service.engine, run_id)
    await hot.add_step("bakery", run_id, {"output": "my secret"})
    b.work.hold.set()
    with pytest.raises(AntiphonError):
        await asked
    assert await hot.steps("bakery", run_id) == []
    assert await hot.get("bakery", run_id) is None
