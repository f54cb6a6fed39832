"""Timing of nodes, composed around them."""

from dataclasses import replace
from time import perf_counter
from typing import Protocol

from antiphon.graph.state import ConversationState


class Node(Protocol):
    """A plain async function from the state to a part of it."""

    async def __call__(self, state: ConversationState) -> ConversationState:
        """What the node adds or changes."""
        ...


def timed(name: str, node: Node) -> Node:
    """A node whose steps say how long it took, in milliseconds."""

    async def measured(state: ConversationState) -> ConversationState:
        began = perf_counter()
        update = await node(state)
        if steps := update.get("steps"):
            ms = round((perf_counter() - began) * 1000, 3)
            update["steps"] = [replace(step, ms=ms) for step in steps]
        return update

    measured.__name__ = name  # what LangGraph's tools show
    return measured
