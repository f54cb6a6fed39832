"""What is composed around nodes: how long they took, whom their steps are told, and the span that they run in."""

from dataclasses import replace
from time import perf_counter
from typing import Protocol

from antiphon.core.names import PackName
from antiphon.graph.state import ConversationState
from antiphon.ports import OnStep, Span


class Node(Protocol):
    """A plain async function from the state to a part of it."""

    async def __call__(self, state: ConversationState) -> ConversationState:
        """What the node adds or changes."""
        ...


def watched(name: str, node: Node, pack: PackName, on_step: OnStep | None, span: Span | None) -> Node:
    """A node that is timed, and told and spanned where somebody wants it; what nobody wants costs nothing."""
    node = timed(name, node)
    if on_step:
        node = told(name, node, pack, on_step)
    return spanned(name, node, span) if span else node


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


def told(name: str, node: Node, pack: PackName, on_step: OnStep) -> Node:
    """A node whose steps are told as soon as it has ended, under the run that the turn is recorded under.

    They are news of work that is not committed: a turn that is begun again tells its steps again.
    """

    async def telling(state: ConversationState) -> ConversationState:
        update = await node(state)
        for step in update.get("steps", ()):
            on_step(pack, state["run_id"], step)
        return update

    telling.__name__ = name
    return telling


def spanned(name: str, node: Node, span: Span) -> Node:
    """A node that runs in a span of its own."""

    async def within(state: ConversationState) -> ConversationState:
        with span(f"node {name}", {"antiphon.node": name}):
            return await node(state)

    within.__name__ = name
    return within
