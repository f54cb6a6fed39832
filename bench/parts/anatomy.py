"""(j) Where the time of a turn goes, part by part; the parts of a load add up to what its client waited.

With one connection a part is what it costs. With 16 a part is also what it waits: for the interpreter, for the
encoder's thread, for the flush that it shares with others.
"""

from typing import Any, Literal

from bench.line import Line
from bench.load import drive
from bench.requests import Load
from bench.run import Run
from bench.server import Server, watched

# A load of fresh messages has a warm-up of its own numbers before it, and those of the next load after it.
LOADS: tuple[tuple[Literal["fresh", "met"], int], ...] = (("fresh", 1), ("met", 1), ("fresh", 16), ("met", 16))
APART = 10_000  # between the fresh messages of two loads; none sends so many

PARTS = {
    "wire": "socket, HTTP parsing, load generator",
    "app": "middleware, validation, routing, answer",
    "accept": "accept and commit the run",
    "classify": "classify: encode, intents",
    "knowledge": "knowledge: search, answer",
    "graph": "graph: nodes, decision, templates",
    "seal": "seal events, fold state",
    "commit": "commit the turn",
    "sinks": "sinks",
    "engine": "engine, between these",
    "total": "as the client sees it",
}


def measure(run: Run) -> list[Line]:
    """Mean microseconds of each part under each load."""
    with watched(run, run.empty_folder()) as server:
        return [line for messages, connections in LOADS for line in _dissect(run, server, messages, connections)]


def _dissect(run: Run, server: Server, messages: Literal["fresh", "met"], connections: int) -> list[Line]:
    def load(seconds: float, part: int) -> Load:
        return Load(
            port=server.port,
            name=f"{messages}-{connections}",
            connections=connections,
            messages=messages,
            seconds=seconds,
            first=(LOADS.index((messages, connections)) + part) * APART,
        )

    drive(load(run.warm_up_seconds, 0))
    before = server.get("/watch")
    answered = drive(load(run.seconds, 1))
    spent = _spent(before, server.get("/watch"), answered.mean_ms / 1000)
    where = f"j.{messages}.{connections}"
    return [
        Line(key=f"{where}.{part}", label=label, value=spent[part] * 1e6, unit="µs", base=f"{where}.total")
        for part, label in PARTS.items()
    ]


def _spent(before: dict[str, Any], after: dict[str, Any], total: float) -> dict[str, float]:
    """Seconds of each part in a turn, none counted twice."""
    turns = after["turns"] - before["turns"]
    seen = {name: (seconds - before.get(name, 0.0)) / turns for name, seconds in after.items()}
    leaves = {name: seen.get(name, 0.0) for name in ("accept", "classify", "knowledge", "seal", "commit", "sinks")}
    graph = seen["work"] - leaves["classify"] - leaves["knowledge"]
    return {
        **leaves,
        "wire": total - seen["asgi"],
        "app": seen["asgi"] - seen["respond"],
        "graph": graph,
        "engine": seen["respond"] - graph - sum(leaves.values()),
        "total": total,
    }
