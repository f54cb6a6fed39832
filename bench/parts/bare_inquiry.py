"""(l) What the HTTP server and the framework allow at most of inquiries and of questions where a run stands."""

from bench.line import Line
from bench.measured import measured
from bench.requests import Asks, Load
from bench.run import CONNECTIONS, Run
from bench.server import Server, bare

ROUTES: dict[Asks, str] = {"inquiry": "POST /api/v1/webhook", "status": "GET /api/v1/status"}


def measure(run: Run) -> list[Line]:
    """Requests per second of both."""
    with bare(run) as server:
        inquiries = [_line(run, server, "inquiry", connections) for connections in CONNECTIONS]
        return [*inquiries, _line(run, server, "status", CONNECTIONS[-1])]


def _line(run: Run, server: Server, asks: Asks, connections: int) -> Line:
    load = Load(
        port=server.port,
        name="bare",
        connections=connections,
        asks=asks,
        runs=("6f1c3c1e-6a0e-4f0e-9d51-0c8e4e1b7a55",),
        seconds=run.seconds,
        warm_up_seconds=run.warm_up_seconds,
    )
    label = f"{ROUTES[asks]}, {connections} connection{'s' * (connections > 1)}"
    return measured(server, load, key=f"l.{asks}.{connections}", label=label)
