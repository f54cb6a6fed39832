"""(p) Live fan-out: many WebSockets on one process, each on a run of its own that another process works."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

from bench.line import Line
from bench.messages import MET_INQUIRIES
from bench.parts.status_reads import bring
from bench.run import Run, complete
from bench.server import Server, antiphon, worker
from bench.shared import shared_servers

SOCKETS = 500
WARM_UP = 50  # sockets that come and go before memory is looked at
REST_SECONDS = 1.0  # until what was put off is done
STUCK_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """What one socket has seen."""

    steps: list[tuple[str, str]]  # agents and their actions, as they came
    ended: list[tuple[str, str]]  # those of the run's last state
    at: float  # when it ended

    @property
    def saw_all(self) -> bool:
        """Whether every step was seen, in order."""
        return bool(self.steps) and self.steps == self.ended


def measure(run: Run) -> list[Line]:
    """Whether all see all, how long that takes, and what a socket costs."""
    sockets = SOCKETS // 10 if run.quick else SOCKETS
    with shared_servers() as env, antiphon(run, run.empty_folder(), "--no-worker", env=env) as server:
        runs = [bring(server, MET_INQUIRIES[number % len(MET_INQUIRIES)]) for number in range(sockets)]
        return complete(_watch(run, server, runs, env))


async def _watch(run: Run, server: Server, runs: list[str], env: Any) -> list[Line]:
    async with AsyncExitStack() as stack:
        for socket in [await _open(server, run_id) for run_id in runs[:WARM_UP]]:
            await socket.close()
        before = await _resting(server)
        sockets = [await stack.enter_async_context(_connected(server, run_id)) for run_id in runs]
        memory = (await _resting(server) - before) * 1024 / len(runs)
        reading = [asyncio.create_task(_read(socket)) for socket in sockets]
        process = worker(run, run.empty_folder(), env={**env, "LOG_LEVEL": "INFO"})
        await asyncio.to_thread(process.__enter__)
        began = time.perf_counter()
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                seen = await asyncio.gather(*reading)
        finally:
            await asyncio.to_thread(process.__exit__, None, None, None)
    saw = sum(one.saw_all for one in seen) / len(seen)
    seconds = max(one.at for one in seen) - began
    return [
        Line(key="p.saw", label=f"{len(runs)} sockets: share that saw every step, in order", value=saw, unit="of them"),
        Line(key="p.seconds", label="until the last one saw the end, from a worker's start", value=seconds, unit="s"),
        Line(key="p.memory", label="memory of a socket at rest", value=memory, unit="KiB"),
    ]


def _connected(server: Server, run_id: str) -> Any:
    return connect(f"ws://127.0.0.1:{server.port}/api/v1/ws/{run_id}", ping_interval=None)


async def _open(server: Server, run_id: str) -> ClientConnection:
    socket: ClientConnection = await _connected(server, run_id)
    return socket


async def _read(socket: ClientConnection) -> Watched:
    steps: list[tuple[str, str]] = []
    state: dict[str, Any] = {"agent_steps": []}
    async for text in socket:
        frame = orjson.loads(text)
        if frame["type"] == "step":
            steps.append((frame["agent"], frame["action"]))
        state = frame.get("state", state)
    ended = [(step["agent"], step["action"]) for step in state["agent_steps"]]
    return Watched(steps=steps, ended=ended, at=time.perf_counter())


async def _resting(server: Server) -> float:
    await asyncio.sleep(REST_SECONDS)
    return server.rss_mib()
