"""A driver that calls the nodes of a `StateGraph` one after the other, in the caller's task.

`straighten` reads the uncompiled graph once; what it returns gives the result, or the exception, of
`await graph.compile().ainvoke(given)`. What it cannot give exactly so, it refuses. Rules that surprise, and
that are kept because LangGraph has them (read in 1.2.22):

- A node sees a new dict of the keys that are set, in the order of the schema. The values are shared.
- A key with a reducer begins as what its type makes (`list` makes `[]`); without such a value the first write
  is taken as it is, even an `Overwrite`.
- A branch looks at the state through the reducers, which are then called again for the state itself. Without a
  schema for its argument it also sees what its node wrote under unknown keys.
- A branch without `path_map` that names no node ends the walk, with a warning.
- The limit counts the entry: a graph that is through after `recursion_limit` nodes has already failed.

Differences that remain: a run that never writes a key of the output gives `{}`, not None; context variables
that a node sets stay set after it; no callbacks, LangSmith traces or notes on exceptions; branch functions that
are not async run on the loop, not on a thread. Whoever reaches for LangGraph's context (`interrupt`,
`get_stream_writer`) gets its RuntimeError.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import is_dataclass
from itertools import count
from typing import Any, TypeAlias

from langchain_core.runnables import Runnable

# Private, and wanted so: when a release moves them the import fails, where a copy would quietly differ.
from langgraph._internal._config import DEFAULT_RECURSION_LIMIT
from langgraph._internal._runnable import RunnableCallable
from langgraph.channels.binop import BinaryOperatorAggregate, _get_overwrite
from langgraph.channels.last_value import LastValue
from langgraph.errors import (
    ErrorCode,
    GraphBubbleUp,
    GraphRecursionError,
    InvalidUpdateError,
    NodeCancelledError,
    create_error_message,
)
from langgraph.graph import END, START, StateGraph
from langgraph.graph._branch import BranchSpec
from langgraph.graph._node import StateNodeSpec
from langgraph.types import Command, Send
from pydantic import BaseModel

from antiphon.core.errors import AntiphonError

Graph: TypeAlias = StateGraph[Any, Any, Any, Any]
State: TypeAlias = dict[str, Any]
Driver: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[State]]
Node: TypeAlias = Callable[[State], Awaitable[Any]]
Fold: TypeAlias = Callable[[State, State], State]  # the state, one node's update: the state after it
Choose: TypeAlias = Callable[[Any, State], Awaitable[str]]  # what the node returned, the state: the next node

# Types whose call without arguments gives the same as the annotation that made them, and faster.
PLAIN = (list, dict, set, frozenset, tuple, str, bytes, int, float, bool, type(None))

__all__ = ["DEFAULT_RECURSION_LIMIT", "CannotWalk", "Driver", "Graph", "State", "straighten"]

logger = logging.getLogger(__name__)


class CannotWalk(AntiphonError):
    """The straight driver cannot walk this graph: {reason}."""


def straighten(graph: Graph, *, recursion_limit: int = DEFAULT_RECURSION_LIMIT) -> Driver:
    """A driver for the graph as it is now; nodes added later are not seen.

    Raises `CannotWalk` with every reason, or what `compile` raises. When a driver meets what only LangGraph
    understands (a node that returns or raises a command, a branch that names several nodes), it raises
    `CannotWalk` in the middle of the run.
    """
    if reasons := list(_reasons(graph)):
        raise CannotWalk(reason="; ".join(reasons))
    graph.compile()  # what LangGraph would not compile is no graph
    nodes = {name: _function(spec.runnable) for name, spec in graph.nodes.items()}
    ways = {name: _way(graph, name) for name in (START, *graph.nodes)}
    starts = [(key, _start(channel)) for key, channel in _reduced(graph) if channel.is_available()]
    accepted, given_back = graph.schemas[graph.input_schema], graph.schemas[graph.output_schema].keys()
    takes_all, gives_all = accepted.keys() == graph.channels.keys(), list(given_back) == list(graph.channels)
    fold = _fold(graph)

    async def walk(given: Mapping[str, Any]) -> State:
        state = {key: start() for key, start in starts}
        returned: Any = dict(given)
        update = returned if takes_all else {key: given[key] for key in given if key in accepted}
        at, written = START, False
        try:
            for ran in count():
                way = ways[at]
                onward = way if isinstance(way, str) else await way(returned, fold(state.copy(), update))
                state = fold(state, update)
                written = written or not given_back.isdisjoint(update)
                if ran >= recursion_limit:
                    raise GraphRecursionError(_too_long(recursion_limit))
                if onward == END:
                    break
                at = onward
                returned = await nodes[at](state.copy())
                update = returned if isinstance(returned, dict) else _other(at, returned)
        except GraphBubbleUp as signal:
            raise CannotWalk(reason=f"node {at} raised {type(signal).__name__}") from signal
        except asyncio.CancelledError as cancelled:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise NodeCancelledError(at) from cancelled  # nobody cancelled us: the node itself raised it
        if not written:
            return {}
        return state if gives_all else {key: state[key] for key in given_back if key in state}

    return walk


def _function(runnable: Any) -> Node:
    """The async function that LangGraph wrapped; `_reasons` has looked at it."""
    function: Node = runnable.afunc
    return function


def _start(channel: BinaryOperatorAggregate[Any]) -> Callable[[], Any]:
    """What makes the value that the key has before anything is written: a new one for each run."""
    kind: Callable[[], Any] = type(channel.get())
    return kind if kind in PLAIN else lambda: BinaryOperatorAggregate(channel.typ, channel.operator).get()


def _reduced(graph: Graph) -> list[tuple[str, BinaryOperatorAggregate[Any]]]:
    """The keys with a reducer."""
    return [(key, chan) for key, chan in graph.channels.items() if isinstance(chan, BinaryOperatorAggregate)]


def _fold(graph: Graph) -> Fold:
    """What writes an update into a state, in place where it can; unknown keys are dropped."""
    reducers = dict.fromkeys(graph.channels) | {key: chan.operator for key, chan in _reduced(graph)}

    def fold(state: State, update: State) -> State:
        size = len(state)
        for key, value in update.items():
            if key not in reducers:
                continue
            reducer = reducers[key]
            if reducer is None or key not in state:
                state[key] = value
            else:
                overwrites, bare = _get_overwrite(value)
                state[key] = bare if overwrites else reducer(state[key], value)
        return state if len(state) == size else {key: state[key] for key in reducers if key in state}

    return fold


def _way(graph: Graph, name: str) -> str | Choose:
    """Where it goes on from a node: by its edge, by its branch, or to the end where it has neither."""
    for branch in graph.branches.get(name, {}).values():
        return _fork(name, branch, frozenset(graph.nodes))
    return next((end for start, end in graph.edges if start == name), END)


def _fork(name: str, branch: BranchSpec, nodes: frozenset[str]) -> Choose:
    path: Any = branch.path  # `_reasons` has looked at it
    ends: dict[Any, str] | None = branch.ends
    sees_all = branch.input_schema is None

    async def choose(returned: Any, state: State) -> str:
        seen = {**returned, **state} if sees_all and isinstance(returned, dict) else state
        choice = path.func(seen) if path.func else await path.afunc(seen)
        if isinstance(choice, (list, tuple, Send, Runnable)):
            raise CannotWalk(reason=f"the branch after {name} returned a {type(choice).__name__}")
        return ends[choice] if ends else _named(name, choice, nodes)

    return choose


def _named(name: str, choice: Any, nodes: frozenset[str]) -> str:
    """The node that a branch without a map names."""
    if choice is None or choice == START:
        raise ValueError("Branch did not return a valid destination")
    if choice == END:
        return END
    if f"{choice}" not in nodes:
        logger.warning("the branch after %s names no node: %s; the walk ends", name, choice)
        return END
    return f"{choice}"


def _other(name: str, returned: Any) -> State:
    """The update of a node that returned no dict."""
    if returned is None:
        return {}
    commands = isinstance(returned, (list, tuple)) and any(isinstance(part, Command) for part in returned)
    annotated = any(inspect.get_annotations(kind) for kind in type(returned).__mro__)
    if commands or annotated:  # LangGraph obeys it, calls it, sends it or reads its attributes
        raise CannotWalk(reason=f"node {name} returned a {type(returned).__name__}")
    message, code = f"Expected dict, got {returned}", ErrorCode.INVALID_GRAPH_NODE_RETURN_VALUE
    raise InvalidUpdateError(create_error_message(message=message, error_code=code))


def _too_long(limit: int) -> str:
    message = (
        f"Recursion limit of {limit} reached without hitting a stop condition. You can increase the limit by "
        "setting the `recursion_limit` config key."
    )
    return create_error_message(message=message, error_code=ErrorCode.GRAPH_RECURSION_LIMIT)


def _reasons(graph: Graph) -> Iterator[str]:
    """Everything in the graph that the walk above would do otherwise than LangGraph, or not at all."""
    yield from _state_reasons(graph)
    for starts, end in graph.waiting_edges:
        yield f"node {end} waits for {' and '.join(starts)}"
    for name in (START, *graph.nodes):
        branches = graph.branches.get(name, {})
        if sum(start == name for start, _ in graph.edges) + len(branches) > 1:
            yield f"node {name} is left on several ways"
        for branch in branches.values():
            yield from (f"the branch after {name} {reason}" for reason in _branch_reasons(graph, branch))
    for name, spec in graph.nodes.items():
        yield from (f"node {name} {reason}" for reason in _node_reasons(graph, spec))


def _state_reasons(graph: Graph) -> Iterator[str]:
    schema: Any = graph.state_schema
    if isinstance(schema, type) and (is_dataclass(schema) or issubclass(schema, BaseModel)):
        yield f"the state is a {schema.__name__}, not a TypedDict"
    if graph.managed:
        yield f"the state has managed values: {', '.join(graph.managed)}"
    if outside := [key for key in graph.channels if key not in graph.schemas[schema]]:
        yield f"the state itself lacks keys of another schema: {', '.join(outside)}"
    for key, channel in graph.channels.items():
        if key == "__root__":
            yield "the state has no keys"
        if type(channel) not in (LastValue, BinaryOperatorAggregate):
            yield f"key {key} is kept in a {type(channel).__name__}"


def _branch_reasons(graph: Graph, branch: BranchSpec) -> Iterator[str]:
    if branch.input_schema not in (None, graph.state_schema):
        yield "has an input schema of its own"
    yield from _function_reasons(branch.path)


def _node_reasons(graph: Graph, spec: StateNodeSpec[Any, Any]) -> Iterator[str]:
    defaults = graph._node_defaults  # noqa: SLF001 - compiling would add them to the nodes, but only once
    refused = {
        "is deferred": spec.defer,
        "has a retry policy": spec.retry_policy or defaults.retry_policy,
        "has a cache policy": spec.cache_policy or defaults.cache_policy,
        "has a timeout": spec.timeout or defaults.timeout,
        "has an error handler": spec.error_handler_node or defaults.error_handler,
        "is an error handler": spec.is_error_handler,
        "has destinations for commands": spec.ends,
        "has an input schema of its own": spec.input_schema is not graph.state_schema,
        "is not async": isinstance(spec.runnable, RunnableCallable) and spec.runnable.func,
    }
    yield from (reason for reason, found in refused.items() if found)
    yield from _function_reasons(spec.runnable)


def _function_reasons(runnable: Any) -> Iterator[str]:
    if type(runnable) is not RunnableCallable:
        yield f"is a {type(runnable).__name__}, not a function"
        return
    if runnable.func_accepts:
        yield f"asks for {', '.join(runnable.func_accepts)}"
    if runnable.kwargs or runnable.explode_args:
        yield "is called with arguments of its own"
    if runnable.func and runnable.afunc and getattr(runnable.afunc, "__wrapped__", None) is not runnable.func:
        yield "has two functions, one of them not async"
