"""A long drill, at random: deaths and full disks under load, again and again. Not among `make test`.

pytest -m drill tests/recovery          (DRILL_SECONDS=300, DRILL_SEED= of a run that failed)
"""

import os
import random
import resource
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from tests.recovery.test_kill import CLIENTS, CONVERSATIONS, DIALOGUE, Clients, check_store
from tests.server import Server

DRILL_SECONDS = float(os.environ.get("DRILL_SECONDS", "300"))
DRILL_SEED = int(os.environ.get("DRILL_SEED", "0")) or secrets.randbits(32)
ROUND_SECONDS = 300  # what a round may take on a busy machine


@pytest.mark.drill
@pytest.mark.timeout(DRILL_SECONDS + ROUND_SECONDS)
async def test_a_long_drill(tmp_path: Path, autostream: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance, until = random.Random(DRILL_SEED), time.monotonic() + DRILL_SECONDS  # noqa: S311 - so that it can be repeated
    rounds = 0
    while time.monotonic() < until:
        await drill(tmp_path / f"round-{rounds}", autostream, chance)
        rounds += 1
    with capsys.disabled():
        print(f"\n{rounds} rounds of {CONVERSATIONS} conversations held (DRILL_SEED={DRILL_SEED})")  # noqa: T201 - the result


async def drill(data: Path, packs: Path, chance: random.Random) -> None:
    """Conversations that go on over deaths and full disks, until all are acknowledged."""
    server = Server(data, packs=packs, env={"LEASE_SECONDS": "1"})
    with server, ThreadPoolExecutor(CLIENTS) as pool:
        clients = Clients(server)
        talking = [pool.submit(clients.converse, number) for number in range(CONVERSATIONS)]
        while not all(one.done() for one in talking):
            await anyio.sleep(chance.uniform(0.05, 1.5))  # the moment of trouble; any must do
            if chance.random() < 0.5:
                server.kill()
                server.start().ready()
            else:
                await full_disk(server, chance.uniform(0.05, 0.5))
        for one in talking:
            one.result()
        assert server.stop() == 0
    assert len(clients.acknowledged) == CONVERSATIONS * len(DIALOGUE)
    await check_store(data, clients)


async def full_disk(server: Server, seconds: float) -> None:
    """For so long, no file can be written."""
    pid, unlimited = server.process.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, unlimited))
    await anyio.sleep(seconds)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
