"""Who walks the turn graph: the straight driver where it can, LangGraph's own runtime where it must."""

import logging
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from antiphon.graph.straight import DEFAULT_RECURSION_LIMIT, CannotWalk, Driver, Graph, State, straighten

__all__ = ["Driver", "DriverChoice", "driver_of"]

DriverChoice: TypeAlias = Literal["straight", "langgraph"]

logger = logging.getLogger(__name__)


def driver_of(
    graph: Graph, choice: DriverChoice = "straight", *, recursion_limit: int = DEFAULT_RECURSION_LIMIT
) -> Driver:
    """A driver for the graph: the given state to the state at its end, of which it has the output schema's keys.

    `choice` is the setting GRAPH_DRIVER. A graph that the straight driver refuses is walked by LangGraph, and
    the log says why. Raises what `graph.compile()` raises.
    """
    if choice == "straight":
        try:
            return straighten(graph, recursion_limit=recursion_limit)
        except CannotWalk as refusal:
            logger.info("LangGraph's runtime walks the turn graph: %s", refusal.reason)
    return _langgraph(graph, recursion_limit)


def _langgraph(graph: Graph, recursion_limit: int) -> Driver:
    compiled = graph.compile()

    async def walk(given: Mapping[str, Any]) -> State:
        result = await compiled.ainvoke(dict(given), {"recursion_limit": recursion_limit})
        return result or {}  # None when no key was ever written

    return walk
