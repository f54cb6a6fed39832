"""The turn graph of a pack: one LangGraph `StateGraph`, built once, with a node per specialist of the pack."""

from collections.abc import Hashable
from functools import partial
from typing import Any

from langgraph.graph import END, START, StateGraph

from antiphon.core.names import Facts
from antiphon.core.pack import AnswerDef, FillFormDef, PackDef, SayDef
from antiphon.graph.advance_process import advance_process
from antiphon.graph.classify_intent import classify_intent
from antiphon.graph.gate import await_approval, gate, handoff, log_audit, synthesize_response
from antiphon.graph.routes import route_after_agent, route_after_gate, route_by_intent
from antiphon.graph.specialists import answer, fill_form, say
from antiphon.graph.specialists.form import Form
from antiphon.graph.state import ConversationState
from antiphon.graph.timed import timed
from antiphon.ports import Classifier, Knowledge, Numbers, Render

TurnGraph = StateGraph[ConversationState, None, ConversationState, ConversationState]


def build_turn_graph(
    pack: PackDef,
    *,
    classifier: Classifier,
    knowledge: Knowledge,
    numbers: Numbers,
    render: Render,
    versions: Facts,
) -> TurnGraph:
    """classify_intent → advance_process → specialists → gate → one of three ends → log_audit."""
    graph: TurnGraph = StateGraph(ConversationState)

    def add(node_name: str, node: Any, **bound: Any) -> None:
        graph.add_node(node_name, timed(node_name, partial(node, **bound)))

    add("classify_intent", classify_intent, pack=pack, classifier=classifier)
    add("advance_process", advance_process, pack=pack, versions=versions)
    for name, definition in pack.specialists.items():
        match definition:
            case SayDef():
                add(name, say, name=name, definition=definition, render=render)
            case AnswerDef():
                add(name, answer, name=name, definition=definition, knowledge=knowledge, render=render)
            case FillFormDef(form=form_name):
                form = Form(name=form_name, definition=pack.forms[form_name], numbers=numbers, render=render)
                add(name, fill_form, name=name, form=form)
    add("gate", gate, pack=pack)
    add("synthesize_response", synthesize_response)
    add("await_approval", await_approval, pack=pack, render=render)
    add("handoff", handoff, pack=pack, render=render)
    add("log_audit", log_audit)

    specialists: dict[Hashable, str] = {name: name for name in pack.specialists}
    graph.add_edge(START, "classify_intent")
    graph.add_edge("classify_intent", "advance_process")
    graph.add_conditional_edges("advance_process", route_by_intent, dict(specialists))
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
