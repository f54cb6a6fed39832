"""The straight driver gives what LangGraph's runtime gives, or refuses: held over random graphs, then case by case."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from operator import add
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.channels.ephemeral_value import EphemeralValue
from langgraph.errors import GraphInterrupt, GraphRecursionError, InvalidUpdateError, NodeCancelledError
from langgraph.graph import END, START, StateGraph
from langgraph.managed.is_last_step import IsLastStep
from langgraph.runtime import Runtime
from langgraph.types import CachePolicy, Command, Overwrite, RetryPolicy, Send, StreamWriter, interrupt
from pydantic import BaseModel

from antiphon.graph.straight import CannotWalk, Driver, Graph, straighten

Update: TypeAlias = dict[str, Any]


def larger(old: int, new: int) -> int:
    """A reducer over a key that has no value to begin with."""
    return max(old, new)


def pour(old: list[Any], new: list[Any]) -> list[Any]:
    """A reducer that it ought not to be: it changes what it was given."""
    old.extend(new)
    return old


class Tally(dict[str, int]):
    """A type of ours that a key begins with."""


def tallied(old: Tally, new: Mapping[str, int]) -> Tally:
    return Tally({**old, **{word: old.get(word, 0) + count for word, count in new.items()}})


class Words(TypedDict, total=False):
    """The state of the graphs below; `log` counts nodes, so that branches can end a loop."""

    word: str
    log: Annotated[list[Any], add]
    guess: int
    total: Annotated[int, add]
    best: Annotated[int | None, larger]
    jug: Annotated[list[Any], pour]
    tally: Annotated[Tally, tallied]
    last: Any


class Asked(TypedDict, total=False):
    word: str
    log: Annotated[list[Any], add]


class Answered(TypedDict, total=False):
    tally: Annotated[Tally, tallied]
    last: Any
    log: Annotated[list[Any], add]


# --- random graphs ---------------------------------------------------------------------------------------------


class Act(NamedTuple):
    """One thing that a node does with its state."""

    what: str
    key: str = ""
    value: Any = None


class Way(NamedTuple):
    """How a node is left."""

    kind: Literal["nowhere", "edge", "branch"]
    targets: tuple[Any, ...] = (END,)
    is_async: bool = False
    typed: bool = False  # the branch has a schema for its argument
    mapped: bool = False  # it answers with a number, and a map says what that means


class Plan(NamedTuple):
    """A graph in the making."""

    nodes: tuple[tuple[Act, ...] | None, ...]  # None: a node that returns None
    ways: tuple[Way, ...]  # the first is the way in
    schemas: dict[str, type]
    limit: int


VALUES = {
    "word": st.sampled_from(["a", "b", None]),
    "log": st.lists(st.integers(0, 3), max_size=2),
    "guess": st.integers(0, 3),
    "total": st.sampled_from([0, 1, 2, 1, 2, "not a number"]),
    "best": st.integers(0, 9),
    "jug": st.lists(st.integers(0, 3), max_size=2),
    "tally": st.dictionaries(st.sampled_from("xy"), st.integers(1, 3)),
    "last": st.sampled_from([None, 1, "one", (1,)]),
    "unknown": st.integers(),
}
FACTS = st.sampled_from([*VALUES, "unknown"]).flatmap(lambda key: st.tuples(st.just(key), VALUES[key]))
WRITES = ("write", "overwrite", "overwrite as JSON")
OTHERS = ("count", "tell the keys", "change the state", "change a value", "raise", "return")
WHATS = (*WRITES, *WRITES[:1] * 6, *OTHERS[:4], *OTHERS[:1] * 4, *OTHERS)  # those that fail are rare
INPUTS = st.lists(FACTS, max_size=4).map(dict)


@st.composite
def actions(draw: st.DrawFn) -> Act:
    what = draw(st.sampled_from(WHATS))
    if what in WRITES:
        return Act(what, *draw(FACTS))
    return Act(what, value=draw(st.sampled_from(["text", [1]])) if what == "return" else None)


def do(acts: tuple[Act, ...], state: Update) -> Any:
    """What a node returns, without chance: the same acts on the same state give the same."""
    update: Update = {}
    for act in acts:
        value = deepcopy(act.value)
        match act.what:
            case "write":
                update[act.key] = value
            case "overwrite":
                update[act.key] = Overwrite(value)
            case "overwrite as JSON":
                update[act.key] = {"__overwrite__": value}
            case "return":
                return value
            case _:
                update |= look(act, state)
    return update


def look(act: Act, state: Update) -> Update:
    """What a node does that depends on the state that it sees."""
    match act.what:
        case "tell the keys":
            return {"last": list(state)}
        case "count":
            return {"log": [len(state["log"])]}
        case "change the state":
            state["word"] = "changed"
        case "change a value":
            state["log"].append("changed")
        case "raise":
            raise LookupError(list(state))
    return {}


def node_of(acts: tuple[Act, ...] | None) -> Any:
    async def node(state: Any) -> Any:
        return do(acts, state) if acts is not None else None

    return node


def branch_of(way: Way) -> Callable[[Any], Any]:
    def choose(state: Any) -> Any:
        seen = len(state.get("log", [])) + len(state)  # keys that the state does not have may count as well
        index = seen % len(way.targets)
        return index if way.mapped else way.targets[index]

    async def choose_async(state: Any) -> Any:
        return choose(state)

    branch = choose_async if way.is_async else choose
    if way.typed:
        branch.__annotations__ = {"state": Words}
    return branch


def build(plan: Plan) -> Graph:
    graph: Graph = StateGraph(Words, **plan.schemas)
    for number, acts in enumerate(plan.nodes):
        graph.add_node(f"n{number}", node_of(acts))
    for start, way in zip((START, *graph.nodes), plan.ways, strict=True):
        if way.kind == "edge":
            graph.add_edge(start, way.targets[0])
        elif way.kind == "branch":
            path_map: Any = dict(enumerate(way.targets)) if way.mapped else None
            graph.add_conditional_edges(start, branch_of(way), path_map)
    return graph


@st.composite
def ways(draw: st.DrawFn, names: list[str], number: int) -> Way:
    """How the node with this number is left, from 1; 0 is the way in, which leads somewhere."""
    onward = names[number] if number < len(names) else END
    flags = {"is_async": draw(st.booleans()), "typed": draw(st.booleans())}
    some = st.lists(st.sampled_from([*names, END]), max_size=2)
    match draw(st.sampled_from(["onward"] * 4 + ["mapped", "named"] * 3 + ["any", "back", "nowhere"])):
        case "mapped":
            return Way("branch", (onward, *draw(some)), mapped=True, **flags)
        case "named":
            return Way("branch", (onward, *draw(some)), **flags)
        case "any":
            return Way("branch", (onward, *draw(st.permutations([*names, "nobody", None, START]))), **flags)
        case "back" if number:
            return Way("edge", (draw(st.sampled_from(names)),))
        case "nowhere" if number:
            return Way("nowhere")
    return Way("edge", (onward,))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    names = [f"n{number}" for number in range(draw(st.integers(1, 5)))]
    acts = [draw(st.lists(actions(), min_size=1, max_size=3).map(tuple)) for _ in names]
    quiet = draw(st.sets(st.integers(0, len(names)), max_size=1))
    schemas: dict[str, type] = draw(st.sampled_from([{}, {}, {"output_schema": Answered}, {"input_schema": Asked}]))
    return Plan(
        nodes=tuple(None if number in quiet else act for number, act in enumerate(acts)),
        ways=tuple(draw(ways(names, number)) for number in range(len(names) + 1)),
        schemas=schemas,
        limit=draw(st.sampled_from([12, 12, 12, 12, 3, 1])),
    )


async def outcome(run: Awaitable[Any]) -> Any:
    """The result with the order of its keys, or the exception with what it says."""
    try:
        result = await run or {}
    except Exception as error:  # noqa: BLE001 - every exception is an outcome to compare
        return type(error), str(error)
    return list(result.items())


@settings(max_examples=250)
@given(plan=plans(), given_state=INPUTS)
async def test_the_outcome_is_that_of_langgraph(plan: Plan, given_state: Update) -> None:
    walk = straighten(build(plan), recursion_limit=plan.limit)
    compiled = build(plan).compile()
    theirs = await outcome(compiled.ainvoke(deepcopy(given_state), {"recursion_limit": plan.limit}))
    for _ in range(2):  # a walk leaves nothing behind for the next one
        assert await outcome(walk(deepcopy(given_state))) == theirs


# --- graphs in a few words -------------------------------------------------------------------------------------


async def quiet(state: Any) -> None:
    """A node that changes nothing."""


def graph_of(node: Any = quiet, state: Any = Words, **options: Any) -> Graph:
    """START → one → END."""
    graph: Graph = StateGraph(state)
    graph.add_node("one", node, **options)
    return graph.add_edge(START, "one").add_edge("one", END)


def branched(branch: Any, path_map: Any = None) -> Graph:
    """A branch at the end of the only node."""
    graph: Graph = StateGraph(Words)
    graph.add_node("one", quiet)
    return graph.add_edge(START, "one").add_conditional_edges("one", branch, path_map)


async def both(graph: Callable[[], Graph], given_state: Update) -> tuple[Any, Any]:
    straight = await outcome(straighten(graph())(given_state))
    return straight, await outcome(graph().compile().ainvoke(given_state))


# --- refused when it is made -----------------------------------------------------------------------------------


class Model(BaseModel):
    word: str = ""


@dataclass
class Record:
    word: str = ""


class Fleeting(TypedDict):
    word: Annotated[str, EphemeralValue]


class Managed(TypedDict):
    word: str
    last_step: IsLastStep


class Other(TypedDict):
    other: str


def sync_node(state: Any) -> Any:
    return {}


async def wants_config(state: Any, config: RunnableConfig) -> None: ...
async def wants_runtime(state: Any, runtime: Runtime[None]) -> None: ...
async def wants_writer(state: Any, *, writer: StreamWriter) -> None: ...
async def wants_store(state: Any, store=None) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001
async def own_schema(state: Other) -> None: ...
async def commands(state: Any) -> Command[Literal["two"]]:
    return Command(goto="two")


async def streams(state: Any) -> Any:
    yield {}


class WantsConfig:
    async def __call__(self, state: Any, config: RunnableConfig) -> None: ...


def fan_out() -> Graph:
    return graph_of().add_node("two", quiet).add_edge("one", "two")


def edge_and_branch() -> Graph:
    return graph_of().add_conditional_edges("one", lambda _: END)


def two_branches() -> Graph:
    return branched(lambda _: END).add_conditional_edges("one", sync_node)


def two_ways_in() -> Graph:
    return graph_of().add_node("two", quiet).add_edge(START, "two")


def join() -> Graph:
    return graph_of().add_node("two", quiet).add_node("three", quiet).add_edge(["one", "two"], "three")


def with_defaults(**defaults: Any) -> Graph:
    return graph_of().set_node_defaults(**defaults)


def wider_input() -> Graph:
    graph: Graph = StateGraph(Words, input_schema=Other)
    return graph.add_node("one", quiet).add_edge(START, "one")


def branch_with_schema(state: Other) -> str:
    return END


REFUSED: dict[str, tuple[Callable[[], Graph], str]] = {
    "fan-out": (fan_out, "node one is left on several ways"),
    "edge and branch": (edge_and_branch, "node one is left on several ways"),
    "two branches": (two_branches, "node one is left on several ways"),
    "two ways in": (two_ways_in, "node __start__ is left on several ways"),
    "join": (join, "node three waits for one and two"),
    "defer": (partial(graph_of, defer=True), "node one is deferred"),
    "retry": (partial(graph_of, retry_policy=RetryPolicy()), "node one has a retry policy"),
    "cache": (partial(graph_of, cache_policy=CachePolicy()), "node one has a cache policy"),
    "timeout": (partial(graph_of, timeout=timedelta(seconds=1)), "node one has a timeout"),
    "error handler": (partial(graph_of, error_handler=quiet), "node one has an error handler"),
    "retry by default": (partial(with_defaults, retry_policy=RetryPolicy()), "node one has a retry policy"),
    "cache by default": (partial(with_defaults, cache_policy=CachePolicy()), "node one has a cache policy"),
    "timeout by default": (partial(with_defaults, timeout=1), "node one has a timeout"),
    "handler by default": (partial(with_defaults, error_handler=quiet), "node one has an error handler"),
    "destinations": (partial(graph_of, destinations=("one",)), "node one has destinations for commands"),
    "commands": (partial(graph_of, commands), "node one has destinations for commands"),
    "subgraph": (lambda: graph_of(graph_of().compile()), "node one is a CompiledStateGraph, not a function"),
    "runnable": (lambda: graph_of(RunnableLambda(sync_node)), "node one is a RunnableLambda, not a function"),
    "generator": (partial(graph_of, streams), "node one is a RunnableLambda, not a function"),
    "sync": (partial(graph_of, sync_node), "node one is not async"),
    "config": (partial(graph_of, wants_config), "node one asks for config"),
    "runtime": (partial(graph_of, wants_runtime), "node one asks for runtime"),
    "writer": (partial(graph_of, wants_writer), "node one asks for writer"),
    "store": (partial(graph_of, wants_store), "node one asks for store"),
    "config in a partial": (lambda: graph_of(partial(wants_config)), "node one asks for config"),
    "config in an object": (lambda: graph_of(WantsConfig()), "node one asks for config"),
    "own schema": (partial(graph_of, own_schema), "node one has an input schema of its own"),
    "own schema, given": (partial(graph_of, input_schema=Other), "node one has an input schema of its own"),
    "wider input": (wider_input, "the state itself lacks keys of another schema: other"),
    "model": (partial(graph_of, state=Model), "the state is a Model, not a TypedDict"),
    "dataclass": (partial(graph_of, state=Record), "the state is a Record, not a TypedDict"),
    "no keys": (partial(graph_of, state=list), "the state has no keys"),
    "managed": (partial(graph_of, state=Managed), "the state has managed values: last_step"),
    "channel": (partial(graph_of, state=Fleeting), "key word is kept in a EphemeralValue"),
    "branch with config": (lambda: branched(wants_config), "the branch after one asks for config"),
    "branch with schema": (lambda: branched(branch_with_schema), "the branch after one has an input schema of its own"),
    "branch is a runnable": (lambda: branched(RunnableLambda(sync_node)), "the branch after one is a RunnableLambda"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_refuses_what_it_cannot_walk_exactly(case: str) -> None:
    graph, reason = REFUSED[case]
    with pytest.raises(CannotWalk) as refusal:
        straighten(graph())
    assert reason in refusal.value.reason


def test_a_refusal_names_every_reason() -> None:
    with pytest.raises(CannotWalk) as refusal:
        straighten(graph_of(sync_node, defer=True))
    assert refusal.value.reason == "node one is deferred; node one is not async"
    assert (
        str(refusal.value) == "The straight driver cannot walk this graph: node one is deferred; node one is not async."
    )


def test_what_langgraph_would_not_compile_is_no_graph() -> None:
    nowhere: Graph = StateGraph(Words)
    with pytest.raises(ValueError, match="entrypoint"):
        straighten(nowhere.add_node("one", quiet))


# --- refused in the middle of a run ----------------------------------------------------------------------------


async def returns(value: Any, state: Any) -> Any:
    return value


async def raises(error: BaseException, state: Any) -> None:
    raise error


def chooses(value: Any, state: Any) -> Any:
    return value


@pytest.mark.parametrize(
    "value",
    [Command(goto=END), Send("one", {}), [Command(goto=END)], Record(), Model(), RunnableLambda(sync_node)],
    ids=lambda value: type(value).__name__,
)
async def test_it_does_not_pass_over_what_langgraph_would_obey(value: Any) -> None:
    walk = straighten(graph_of(partial(returns, value)))
    with pytest.raises(CannotWalk, match=f"node one returned a {type(value).__name__}"):
        await walk({})


@pytest.mark.parametrize("value", [["one"], (END,), [], Send("one", {}), RunnableLambda(sync_node)], ids=repr)
async def test_a_branch_names_one_node(value: Any) -> None:
    walk = straighten(branched(partial(chooses, value)))
    with pytest.raises(CannotWalk, match=f"the branch after one returned a {type(value).__name__}"):
        await walk({})


async def test_a_node_that_wants_to_pause_is_refused() -> None:
    walk = straighten(graph_of(partial(raises, GraphInterrupt())))
    with pytest.raises(CannotWalk, match="node one raised GraphInterrupt"):
        await walk({})


async def test_interrupt_has_no_context_to_work_in() -> None:
    async def asks(state: Any) -> Update:
        return {"word": interrupt("who?")}

    with pytest.raises(RuntimeError, match="outside of a runnable context"):
        await straighten(graph_of(asks))({})


# --- what random graphs do not reach ---------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["text", ["text"], 7, object], ids=repr)
async def test_what_is_no_update_is_the_same_error(value: Any) -> None:
    ours, theirs = await both(lambda: graph_of(partial(returns, value)), {})
    assert ours == theirs
    assert ours[0] is InvalidUpdateError


async def test_exceptions_pass_unchanged() -> None:
    error = LookupError("gone")
    with pytest.raises(LookupError) as raised:
        await straighten(graph_of(partial(raises, error)))({})
    assert raised.value is error


async def test_a_node_that_cancels_itself_has_failed() -> None:
    ours, theirs = await both(lambda: graph_of(partial(raises, asyncio.CancelledError())), {})
    assert ours == theirs
    assert ours[0] is NodeCancelledError


async def test_a_run_can_be_cancelled() -> None:
    reached = asyncio.Event()

    async def waits(state: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    run = asyncio.ensure_future(straighten(graph_of(waits))({}))
    await reached.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run


@dataclass
class Counts:
    """A node that is an object."""

    calls: list[Update] = field(default_factory=list)

    async def __call__(self, state: Any) -> Update:
        self.calls.append(state)
        return {"log": [len(self.calls)]}

    async def method(self, state: Any) -> Update:
        return await self(state)


@pytest.mark.parametrize(
    "node", [Counts(), Counts().method, partial(Counts().method)], ids=["object", "method", "partial"]
)
async def test_objects_methods_and_partials_are_functions(node: Any) -> None:
    assert (await straighten(graph_of(node))({"word": "a"}))["log"] == [1]


async def test_each_node_has_its_own_state_in_the_order_of_the_schema() -> None:
    node = Counts()
    walk = straighten(graph_of(node))
    given_state = {"last": 1, "word": "a", "unknown": 2}
    await walk(given_state)
    node.calls[0].clear()
    assert list((await walk(given_state)).items()) == [
        ("word", "a"),
        ("log", [2]),
        ("total", 0),
        ("jug", []),
        ("tally", {}),
        ("last", 1),
    ]
    assert list(node.calls[1]) == ["word", "log", "total", "jug", "tally", "last"]
    assert given_state == {"last": 1, "word": "a", "unknown": 2}


async def test_walks_do_not_share_what_a_key_begins_with() -> None:
    async def keeps(state: Any) -> None:
        state["jug"].append(len(state["jug"]))
        state["tally"]["x"] = state["tally"].get("x", 0) + 1

    walk = straighten(graph_of(keeps))
    first = deepcopy(await walk({"word": "a"}))
    assert await walk({"word": "a"}) == first


async def test_what_is_never_written_is_never_given_back() -> None:
    assert await straighten(graph_of())({}) == {}


async def test_a_graph_may_be_empty() -> None:
    empty: Graph = StateGraph(Words)
    empty.add_node("one", quiet).add_edge(START, END)
    assert (await straighten(empty)({"word": "a"}))["word"] == "a"


async def test_any_mapping_may_be_given() -> None:
    class Frozen(Mapping[str, Any]):
        def __getitem__(self, key: str) -> Any:
            return {"word": "a"}[key]

        def __iter__(self) -> Any:
            return iter(("word",))

        def __len__(self) -> int:
            return 1

    assert (await straighten(graph_of())(Frozen()))["word"] == "a"


async def test_an_answer_that_the_map_lacks_is_the_same_error() -> None:
    def graph() -> Graph:
        return branched(partial(chooses, "no"), {"yes": END})

    ours, theirs = await both(graph, {"word": "a"})
    assert ours == theirs == (KeyError, "'no'")


@pytest.mark.parametrize("reducer", [pour, add])
async def test_a_reducer_is_called_for_the_branch_and_for_the_state(reducer: Any) -> None:
    """One that changes what it was given pours twice: wrong, and what LangGraph does."""
    Poured = TypedDict("Poured", {"jug": Annotated[list[int], reducer]})  # noqa: UP013 - made of an argument

    def graph() -> Graph:
        made: Graph = StateGraph(Poured)
        made.add_node("one", partial(returns, {"jug": [1]}))
        return made.add_edge(START, "one").add_conditional_edges("one", partial(chooses, END))

    ours, theirs = await both(graph, {})
    assert ours == theirs == [("jug", [1, 1] if reducer is pour else [1])]


@pytest.mark.parametrize("typed", [True, False])
async def test_a_branch_without_a_schema_sees_what_the_state_does_not_keep(typed: bool) -> None:
    seen: list[Update] = []

    def choose(state: Any) -> str:
        seen.append(state)
        return END

    def graph() -> Graph:
        if typed:
            choose.__annotations__ = {"state": Words}
        made: Graph = StateGraph(Words)
        made.add_node("one", partial(returns, {"unknown": 1, "log": [1]}))
        return made.add_edge(START, "one").add_conditional_edges("one", choose)

    await both(graph, {"word": "a"})
    ours, theirs = seen
    assert list(ours.items()) == list(theirs.items())
    assert ("unknown" in ours) is not typed


async def test_a_branch_to_nobody_ends_the_walk_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    ours, theirs = await both(lambda: branched(partial(chooses, "nobody")), {"word": "a"})
    assert ours == theirs
    assert "the branch after one names no node: nobody" in caplog.text


async def test_a_loop_ends_at_the_same_limit() -> None:
    node = Counts()
    graph: Graph = StateGraph(Words)
    graph.add_node("one", node).add_edge(START, "one").add_edge("one", "one")
    with pytest.raises(GraphRecursionError, match="Recursion limit of 10007 reached"):
        await straighten(graph)({})
    assert len(node.calls) == 10007


async def test_later_changes_to_the_graph_are_not_seen() -> None:
    graph = graph_of()
    walk: Driver = straighten(graph)
    graph.branches.clear()
    graph.edges.clear()
    graph.nodes.clear()
    assert (await walk({"word": "a"}))["word"] == "a"
