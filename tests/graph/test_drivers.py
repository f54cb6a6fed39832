"""Who walks the graph, and that the log says why."""

import logging
from typing import Any, TypedDict

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_config
from langgraph.errors import GraphRecursionError
from langgraph.graph import END, START, StateGraph

from antiphon.graph.drivers import DriverChoice, driver_of
from antiphon.graph.straight import Graph


class Walked(TypedDict, total=False):
    by: str
    rounds: int


async def who(state: Any) -> Walked:
    """LangGraph's runtime gives a node a context; the straight driver gives none."""
    try:
        get_config()
    except RuntimeError:
        return {"by": "straight"}
    return {"by": "langgraph"}


async def nothing(state: Any) -> None:
    """A second node for a graph that fans out."""


def chain() -> Graph:
    graph: Graph = StateGraph(Walked)
    return graph.add_node("who", who).add_edge(START, "who").add_edge("who", END)


def fan() -> Graph:
    return chain().add_node("nothing", nothing).add_edge("who", "nothing")


def loop() -> Graph:
    graph: Graph = StateGraph(Walked)
    return graph.add_node("who", who).add_edge(START, "who").add_edge("who", "who")


async def test_the_straight_driver_walks_what_it_can() -> None:
    assert await driver_of(chain())({}) == {"by": "straight"}


async def test_the_setting_forces_the_runtime() -> None:
    assert await driver_of(chain(), "langgraph")({}) == {"by": "langgraph"}


async def test_langgraph_walks_what_the_straight_driver_refuses(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert await driver_of(fan())({"rounds": 1}) == {"by": "langgraph", "rounds": 1}
    assert "LangGraph's runtime walks the turn graph: node who is left on several ways" in caplog.text


async def test_a_default_error_handler_is_added_once() -> None:
    assert await driver_of(chain().set_node_defaults(error_handler=nothing))({}) == {"by": "langgraph"}


def test_a_broken_graph_is_refused_by_both(caplog: pytest.LogCaptureFixture) -> None:
    graph: Graph = StateGraph(Walked)
    graph.add_node("who", who)
    for choice in CHOICES:
        with pytest.raises(ValueError, match="entrypoint"):
            driver_of(graph, choice)


CHOICES: tuple[DriverChoice, ...] = ("straight", "langgraph")


@pytest.mark.parametrize("choice", CHOICES)
async def test_both_stop_at_the_limit(choice: DriverChoice) -> None:
    with pytest.raises(GraphRecursionError, match="Recursion limit of 3 reached"):
        await driver_of(loop(), choice, recursion_limit=3)({})


@pytest.mark.parametrize("choice", CHOICES)
async def test_both_give_an_empty_state_when_nothing_is_written(choice: DriverChoice) -> None:
    graph: Graph = StateGraph(Walked)
    graph.add_node("nothing", nothing).add_edge(START, "nothing")
    assert await driver_of(graph, choice)({}) == {}


async def checkpointed(state: Any) -> Walked:
    """LangGraph tells a node by its context whether somebody saves checkpoints."""
    configurable = get_config()["configurable"]
    return {"by": str(configurable.get("__pregel_checkpointer"))}


async def test_af_36_a_turn_that_commits_at_once_saves_no_checkpoints() -> None:
    graph: Graph = StateGraph(Walked)
    graph.add_node("checkpointed", checkpointed).add_edge(START, "checkpointed").add_edge("checkpointed", END)
    assert await driver_of(graph, "langgraph")({}) == {"by": "None"}
    with_one = graph.compile(checkpointer=InMemorySaver())
    assert "InMemorySaver" in (await with_one.ainvoke({}, {"configurable": {"thread_id": "1"}}))["by"]
