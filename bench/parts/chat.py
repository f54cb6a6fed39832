"""(b) Whole turns over HTTP: accepted, worked, committed and answered."""

from typing import Literal

from bench.line import Line
from bench.measured import measured
from bench.requests import Load
from bench.run import CONNECTIONS, Run
from bench.server import Server, antiphon

Messages = Literal["fresh", "met"]

LABELS: dict[Messages, str] = {"fresh": "fresh messages", "met": "messages met before"}
APART = 20_000  # between the fresh messages of two loads; none sends so many


def measure(run: Run) -> list[Line]:
    """Turns per second with each kind of message at each number of connections, on one server."""
    with antiphon(run, run.empty_folder()) as server:
        return [_line(run, server, messages, connections) for messages in LABELS for connections in CONNECTIONS]


def _line(run: Run, server: Server, messages: Messages, connections: int) -> Line:
    load = Load(
        port=server.port,
        name=f"{messages}-{connections}",
        connections=connections,
        messages=messages,
        seconds=run.seconds,
        warm_up_seconds=run.warm_up_seconds,
        first=CONNECTIONS.index(connections) * APART,
    )
    return measured(
        server,
        load,
        key=f"b.{messages}.{connections}",
        label=f"{LABELS[messages]}, {connections} connection{'s' * (connections > 1)}",
        base=f"a.{connections}",
    )
