"""The turn graph of a pack: one LangGraph `StateGraph`, built once, with a node per specialist of the pack."""

from collections.abc import Hashable
from functools import partial
from typing import Any

from langgraph.graph import END, START, StateGraph

from antiphon.core.names import Facts
from antiphon.core.pack import AnswerDef, FillFormDef, PackDef, ResolveDef, SayDef, ScoreDef
from antiphon.core.process.advance import Maps, by_version
from antiphon.graph.advance_process import advance_process
from antiphon.graph.classify_intent import classify_intent
from antiphon.graph.gate import await_approval, gate, handoff, log_audit, synthesize_response
from antiphon.graph.named import about_gist, named
from antiphon.graph.routes import route_after_agent, route_after_gate, route_by_intent
from antiphon.graph.specialists import answer, fill_form, resolve, say, score
from antiphon.graph.specialists.form import Form
from antiphon.graph.specialists.resolve import Case
from antiphon.graph.specialists.score import Scoring
from antiphon.graph.state import ConversationState
from antiphon.graph.timed import watched
from antiphon.ports import Classifier, Drafter, Knowledge, Numbers, OnStep, Render, Scales, Span

TurnGraph = StateGraph[ConversationState, None, ConversationState, ConversationState]


def build_turn_graph(
    pack: PackDef,
    *,
    classifier: Classifier,
    scales: Scales,
    knowledge: Knowledge,
    numbers: Numbers,
    render: Render,
    versions: Facts,
    drafter: Drafter | None = None,
    on_step: OnStep | None = None,
    span: Span | None = None,
    maps: Maps | None = None,
) -> TurnGraph:
    """classify_intent → advance_process → specialists → gate → one of three ends → log_audit.

    Args:
        drafter: words sure answers; without one they are sentences of the passages.
        on_step: is told each step when its node has ended, with the run that the turn is recorded under.
        span: what each node runs in.
        maps: all that bindings may be under, of today and of before; left out: those of the pack.
    """
    graph: TurnGraph = StateGraph(ConversationState)

    def add(node_name: str, node: Any, **bound: Any) -> None:
        graph.add_node(node_name, watched(node_name, partial(node, **bound), pack.name, on_step, span))

    add("classify_intent", classify_intent, pack=pack, classifier=classifier)
    maps = by_version(pack.processes.values()) if maps is None else maps
    add("advance_process", advance_process, pack=pack, maps=maps, versions=versions)
    for name, definition in pack.specialists.items():
        node: Any
        match definition:
            case SayDef():
                node = partial(say, name=name, definition=definition, render=render)
            case AnswerDef():
                answering = partial(answer, name=name, definition=definition, knowledge=knowledge, render=render)
                node = about_gist(partial(answering, drafter=drafter))
            case FillFormDef(form=form_name):
                form = Form(name=form_name, definition=pack.forms[form_name], numbers=numbers, render=render)
                node = partial(fill_form, name=name, form=form)
            case ScoreDef():
                known: Any = {"knowledge": knowledge, "render": render, "drafter": drafter}
                scoring = Scoring(definition=definition, scales=scales, **known)
                node = partial(score, name=name, scoring=scoring)
            case ResolveDef():
                known = {"knowledge": knowledge, "render": render, "drafter": drafter}
                case = Case(definition=definition, numbers=numbers, scales=scales, **known)
                node = partial(resolve, name=name, case=case)
        add(name, named(node, definition))
    add("gate", gate, pack=pack, scales=scales, asks=_asked_by_gate(pack))
    add("synthesize_response", synthesize_response, pack=pack, render=render)
    add("await_approval", await_approval, pack=pack, render=render)
    add("handoff", handoff, pack=pack, render=render)
    add("log_audit", log_audit)

    specialists: dict[Hashable, str] = {name: name for name in pack.specialists}
    graph.add_edge(START, "classify_intent")
    graph.add_edge("classify_intent", "advance_process")
    graph.add_conditional_edges("advance_process", route_by_intent, {**specialists, "log_audit": "log_audit"})
    for name in pack.specialists:
        graph.add_conditional_edges(name, route_after_agent, {**specialists, "gate": "gate"})
    ends = ("synthesize_response", "await_approval", "handoff")
    graph.add_conditional_edges(
        "gate", route_after_gate, dict(zip(("synthesize", "await_approval", "handoff"), ends, strict=True))
    )
    for end in ends:
        graph.add_edge(end, "log_audit")
    graph.add_edge("log_audit", END)
    return graph


def _asked_by_gate(pack: PackDef) -> tuple[str, ...]:
    """The scales that the gate decides by and that no specialist asks."""
    elsewhere: set[str] = set()
    for definition in pack.specialists.values():
        match definition:
            case ScoreDef(signals=signals):
                elsewhere |= signals.keys()
            case ResolveDef(severity=severity):
                elsewhere.add(severity)
            case _:
                pass
    return tuple(dict.fromkeys(rule.scale for rule in pack.gate.handoff_when if rule.scale not in elsewhere))
