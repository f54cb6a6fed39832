"""(o) End to end: inquiries that were accepted before are worked off by one worker process."""

import time
from collections.abc import Mapping
from typing import Literal

import asyncpg

from bench.line import Line
from bench.load import drive
from bench.requests import Load
from bench.run import Run, complete
from bench.server import antiphon, worker
from bench.shared import shared_servers

RUNS = {"met": 2_000, "fresh": 400}  # some seconds of each
LABELS = {"met": "inquiries met before", "fresh": "fresh inquiries, each encoded"}
CONNECTIONS = 10
WAITING = "SELECT count(*) FROM runs WHERE finished_at IS NULL"
FAILED = "SELECT count(*) FROM runs WHERE status = 'failed'"  # quick work, and none that should be measured
STUCK_SECONDS = 120.0
POLL_SECONDS = 0.02
BEGUN = 0.1  # of the runs are worked before it counts: caches fill, and connections open


def measure(run: Run) -> list[Line]:
    """Runs per second of each kind."""
    with shared_servers() as shared:
        return [_line(run, kind, shared) for kind in ("met", "fresh")]


def _line(run: Run, kind: Literal["met", "fresh"], env: Mapping[str, str]) -> Line:
    runs = RUNS[kind] // (10 if run.quick else 1)
    with antiphon(run, run.empty_folder(), "--no-worker", env=env) as server:
        drive(
            Load(
                port=server.port,
                name="backlog",
                connections=CONNECTIONS,
                messages=kind,
                asks="inquiry",
                seconds=STUCK_SECONDS,
                turns=runs // CONNECTIONS,
            )
        )
    with worker(run, run.empty_folder(), env={**env, "LOG_LEVEL": "INFO"}) as process:
        _wait(env, at_most=int(runs * (1 - BEGUN)))
        left, began, cpu_before = _count(env, WAITING), time.perf_counter(), process.cpu_seconds()
        _wait(env, at_most=0)
        seconds, cpu = time.perf_counter() - began, process.cpu_seconds() - cpu_before
    assert left, "all was worked before anybody looked; measure more runs"
    assert not _count(env, FAILED), "runs have failed"
    return Line(key=f"o.{kind}", label=LABELS[kind], value=left / seconds, unit="/s", cpu_us=cpu / left * 1e6)


def _wait(env: Mapping[str, str], *, at_most: int) -> None:
    until = time.perf_counter() + STUCK_SECONDS
    while _count(env, WAITING) > at_most:
        assert time.perf_counter() < until, "the runs do not end"
        time.sleep(POLL_SECONDS)


def _count(env: Mapping[str, str], query: str) -> int:
    return complete(_asked(env["DATABASE_URL"], query))


async def _asked(url: str, query: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        count: int = await connection.fetchval(query)
        return count
    finally:
        await connection.close()
