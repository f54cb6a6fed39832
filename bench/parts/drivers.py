"""(h) What walking a graph costs by itself."""

from operator import add
from time import perf_counter
from typing import Annotated, TypedDict

from langgraph.graph import END, START, StateGraph

from antiphon.graph.drivers import Driver, DriverChoice, driver_of
from antiphon.graph.straight import Graph
from bench.line import Line
from bench.run import Run, complete

NODES = 5
CHOICES: tuple[DriverChoice, ...] = ("straight", "langgraph")
BATCH = 50  # walks between two looks at the clock


class Walked(TypedDict):
    """What the nodes add to."""

    steps: Annotated[list[int], add]


async def step(state: Walked) -> Walked:
    """Do next to nothing."""
    return {"steps": [len(state["steps"])]}


def chain() -> Graph:
    """Five nodes in a row."""
    graph: Graph = StateGraph(Walked)
    names = [f"node-{place}" for place in range(NODES)]
    for name in names:
        graph.add_node(name, step)
    for one, other in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(one, other)
    return graph


def measure(run: Run) -> list[Line]:
    """Microseconds of one walk, with each driver."""
    return [
        Line(
            key=f"h.{choice}",
            label=choice,
            value=complete(_walk(driver_of(chain(), choice), run.seconds)),
            unit="µs",
            base=None if choice == "straight" else "h.straight",
        )
        for choice in CHOICES
    ]


async def _walk(driver: Driver, seconds: float) -> float:
    walked = await driver({"steps": []})
    assert walked == {"steps": list(range(NODES))}, walked
    walks, began = 0, perf_counter()
    while (taken := perf_counter() - began) < seconds:
        for _ in range(BATCH):
            await driver({"steps": []})
        walks += BATCH
    return taken / walks * 1e6
