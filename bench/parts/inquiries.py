"""(m) Inquiries at the door: validated, counted, committed as a run, shown, acknowledged."""

from collections.abc import Mapping

from bench.line import Line
from bench.measured import measured
from bench.requests import Load
from bench.run import CONNECTIONS, Run
from bench.server import antiphon
from bench.shared import OPEN, shared_servers

STORES = {"sqlite": "SQLite", "postgres": "PostgreSQL and Redis"}
WORK = {"door": ("--no-worker", "another process works"), "work": ("--worker", "and works")}


def measure(run: Run) -> list[Line]:
    """On each store, by a process that does nothing else, and by one that works the runs as well."""
    lines: list[Line] = []
    for work in WORK:
        lines += _lines(run, "sqlite", work, OPEN)
    for work in WORK:
        with shared_servers() as shared:  # anew: a worker would work off what the process before it has accepted
            lines += _lines(run, "postgres", work, shared)
    return lines


def _lines(run: Run, store: str, work: str, env: Mapping[str, str]) -> list[Line]:
    option, told = WORK[work]
    with antiphon(run, run.empty_folder(), option, env=env) as server:
        return [
            measured(
                server,
                Load(
                    port=server.port,
                    name="inquiries",
                    connections=connections,
                    asks="inquiry",
                    seconds=run.seconds,
                    warm_up_seconds=run.warm_up_seconds,
                ),
                key=f"m.{store}.{work}.{connections}",
                label=f"{STORES[store]}, {told}, {connections} connection{'s' * (connections > 1)}",
                base=f"l.inquiry.{connections}",
            )
            for connections in CONNECTIONS
        ]
