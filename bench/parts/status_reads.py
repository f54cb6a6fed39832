"""(n) Questions where a run stands, of runs that have ended a moment ago."""

import time
from collections.abc import Mapping
from http.client import HTTPConnection

import orjson

from bench.line import Line
from bench.measured import measured
from bench.messages import MET_INQUIRIES, inquiry_fields
from bench.parts.inquiries import STORES
from bench.requests import Load
from bench.run import CONNECTIONS, Run
from bench.server import Server, antiphon
from bench.shared import OPEN, shared_servers

RUNS = 64  # that are asked for in turn
ENDED_SECONDS = 30.0  # for all of them
CONNECTIONS_AT_ONCE = CONNECTIONS[-1]


def measure(run: Run) -> list[Line]:
    """On each store."""
    with shared_servers() as shared:
        return [_line(run, store, env) for store, env in {"sqlite": OPEN, "postgres": shared}.items()]


def _line(run: Run, store: str, env: Mapping[str, str]) -> Line:
    with antiphon(run, run.empty_folder(), env=env) as server:
        runs = tuple(bring(server, MET_INQUIRIES[number % len(MET_INQUIRIES)]) for number in range(RUNS))
        _wait(server, runs)
        load = Load(
            port=server.port,
            name="reads",
            connections=CONNECTIONS_AT_ONCE,
            asks="status",
            runs=runs,
            seconds=run.seconds,
            warm_up_seconds=run.warm_up_seconds,
        )
        label = f"{STORES[store]}, {CONNECTIONS_AT_ONCE} connections"
        return measured(server, load, key=f"n.{store}", label=label, base=f"l.status.{CONNECTIONS_AT_ONCE}")


def bring(server: Server, body: str) -> str:
    """An inquiry that is accepted; its run."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=ENDED_SECONDS)
    try:
        content = orjson.dumps(inquiry_fields(body))
        connection.request("POST", "/api/v1/webhook", content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = answer.read()
        assert answer.status == 200, told
        run_id: str = orjson.loads(told)["run_id"]
        return run_id
    finally:
        connection.close()


def _wait(server: Server, runs: tuple[str, ...]) -> None:
    until = time.perf_counter() + ENDED_SECONDS
    for run_id in runs:
        while (status := server.get(f"/api/v1/status/{run_id}")["status"]) == "running":
            assert time.perf_counter() < until, "the runs do not end"
            time.sleep(0.05)
        assert status != "error", f"run {run_id} has failed"
