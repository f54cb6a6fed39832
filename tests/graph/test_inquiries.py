"""Letters through the turn graph on twins: scoring, resolving, the gate, and a reply by one of them."""

from collections.abc import Mapping
from typing import Any

import pytest

from antiphon.core.change import Change
from antiphon.core.conversation import Conversation
from antiphon.core.event import HandedOff
from antiphon.core.pack import PackDef
from antiphon.core.passage import Answer, Found, Passage
from antiphon.core.step import Step
from antiphon.graph.build import build_turn_graph
from antiphon.graph.drivers import driver_of
from antiphon.ports import Scales
from antiphon.testing import FixedKnowledge, FixedScales, MemoryStores, ScriptedClassifier, SettableClock, understood

EXAMPLES = ("one", "two", "three")
LEVELS = {name: {"examples": EXAMPLES} for name in ("low", "high")}
PACK = PackDef.model_validate(
    {
        "name": "desk",
        "title": "Desk",
        "version": "1",
        "intents": [
            {"name": "buy", "examples": EXAMPLES, "specialist": "lead_node"},
            {"name": "broken", "examples": EXAMPLES, "specialist": "support_node"},
        ],
        "fallback": "support_node",
        "fallback_intent": "broken",
        "letter": "letter",
        "scales": {name: {"otherwise": "low", "levels": LEVELS} for name in ("severity", "budget", "topic")},
        "specialists": {
            "lead_node": {
                "kind": "score",
                "agent": "lead_agent",
                "signals": {"budget": {"high": 0.5}},
                "tiers": {"hot": {"at": 0.7, "reply": "hot"}, "warm": {"at": 0.2, "reply": "warm"}},
            },
            "support_node": {
                "kind": "resolve",
                "agent": "support_agent",
                "severity": "severity",
                "replies": {"low": "fixed", "high": "fixed"},
            },
        },
        "gate": {
            "handoff_below": 0.4,
            "handoff_when": [
                {"scale": "severity", "levels": ["high"], "reason": "High severity {level} issue"},
                {"scale": "topic", "levels": ["high"], "reason": "sensitive"},
            ],
            "handoff_reply": "handed",
        },
        "replies": {name: name for name in ("letter", "hot", "warm", "fixed", "handed")},
    }
)
ANSWER = Answer(
    band="answer",
    text="It costs 5.",
    found=(Found(passage=Passage(id="p", source="s", title="t", text="It costs 5."), score=0.9),),
)
LETTER = Change(
    kind="message",
    value="Help\n\nHello all,\n\nit does not work. Please help.\n\nRegards\nJo",
    data={"subject": "Help", "sender_name": "Jo", "sender_email": "jo@example.com"},
)
GIST = "Help. it does not work. Please help."


def said(reply: str, facts: Mapping[str, Any]) -> str:
    return f"{reply}({', '.join(f'{name}={facts[name]}' for name in sorted(facts) if facts[name])})"


async def walked(
    intent: str,
    scales: Scales,
    *,
    confidence: float = 1.0,
    change: Change = LETTER,
    knowledge: FixedKnowledge | None = None,
) -> dict[str, Any]:
    graph = build_turn_graph(
        PACK,
        classifier=ScriptedClassifier({}, default=understood(intent, confidence)),
        scales=scales,
        knowledge=knowledge or FixedKnowledge(default=ANSWER),
        numbers=MemoryStores(clock=SettableClock()).tenant(),
        render=said,
        versions={},
    )
    given = {"run_id": "r1", "change": change, "conversation": Conversation(), "messages": []}
    state = await driver_of(graph)(given)
    state["told"] = {name: value for facts in state["facts"] for name, value in facts.items()}
    return state


def actions(steps: list[Step]) -> list[tuple[str, str]]:
    return [(step.agent, step.action) for step in steps if step.agent != "orchestrator"]


async def test_a_lead_is_scored_and_answered_in_a_letter() -> None:
    scales = FixedScales({"budget": "high", "topic": "low"})
    state = await walked("buy", scales)

    assert actions(state["steps"]) == [("lead_agent", "scored_and_drafted")]
    assert (state["told"]["lead_score"], state["told"]["lead_tier"]) == (0.8, "hot")
    assert state["told"]["budget"] == "high"
    assert state["told"]["topic"] == "low"
    assert state["status"] == "completed"
    assert state["response"].startswith("letter(body=hot(answer=It costs 5., score=0.8")
    assert scales.asked == [("budget", GIST), ("topic", GIST)]  # nobody asks for the severity of a lead


async def test_a_lead_that_cannot_be_judged_is_warm() -> None:
    state = await walked("buy", FixedScales({"topic": "low"}))
    assert (state["told"]["lead_score"], state["told"]["lead_tier"]) == (0.3, "warm")
    assert state["told"]["budget"] == "unknown"


async def test_a_small_case_is_resolved() -> None:
    state = await walked("broken", FixedScales({"severity": "low", "topic": "low"}))

    assert actions(state["steps"]) == [("support_agent", "resolved_with_severity_low")]
    assert state["told"]["ticket"] == "TKT-00001"
    assert state["told"]["resolution_draft"] in state["response"]
    assert state["steps"][-1].output == state["told"]["resolution_draft"]


async def test_a_severe_case_is_handed_over_with_everything_about_it() -> None:
    state = await walked("broken", FixedScales({"severity": "high", "topic": "low"}))

    assert actions(state["steps"]) == [
        ("support_agent", "resolved_with_severity_high"),
        ("handoff_agent", "prepared_handoff_summary"),
    ]
    assert state["status"] == "escalated"
    assert state["response"].startswith("handed(")
    assert "TKT-00001" not in state["response"]
    assert state["judgement"].reason == "High severity high issue"
    page = state["told"]["escalation"]
    assert page["why"] == "High severity high issue"
    assert "TKT-00001" in page["draft"]
    assert "support_agent: resolved_with_severity_high" in page["steps"]
    assert next(event for event in state["events"] if isinstance(event, HandedOff)).context == page


@pytest.mark.parametrize(
    ("scales", "confidence", "reason"),
    [
        ({"budget": "low", "topic": "high"}, 1.0, "sensitive"),
        ({"budget": "low", "topic": "low"}, 0.39, "confidence 0.39 is below 0.40"),
    ],
)
async def test_what_else_goes_to_a_person(scales: dict[str, str], confidence: float, reason: str) -> None:
    state = await walked("buy", FixedScales(scales), confidence=confidence)
    assert (state["status"], state["judgement"].reason) == ("escalated", reason)


async def test_what_cannot_be_judged_by_the_gate_goes_to_a_person() -> None:
    state = await walked("buy", FixedScales({"budget": "low"}))
    assert state["status"] == "escalated"
    assert "cannot be judged by the scale topic" in state["judgement"].reason


async def test_a_severity_that_cannot_be_judged_is_the_worst() -> None:
    state = await walked("broken", FixedScales({"topic": "low"}))
    assert state["told"]["severity"] == "high"
    assert state["status"] == "escalated"


async def test_a_broken_knowledge_base_is_no_reason_not_to_reply() -> None:
    knowledge = FixedKnowledge()
    knowledge.break_down("a comma is missing")
    state = await walked("buy", FixedScales({"budget": "low", "topic": "low"}), knowledge=knowledge)
    assert state["status"] == "completed"


async def test_an_unsure_answer_is_not_given_to_somebody_with_a_problem() -> None:
    unsure = Answer(band="answer", text="Perhaps.", found=(Found(passage=ANSWER.found[0].passage, score=0.45),))
    state = await walked(
        "broken", FixedScales({"severity": "low", "topic": "low"}), knowledge=FixedKnowledge(default=unsure)
    )
    assert "Perhaps." not in state["response"]


async def test_a_message_that_is_no_letter_is_read_as_it_stands() -> None:
    scales = FixedScales({"severity": "low", "topic": "low"})
    state = await walked("broken", scales, change=Change(kind="message", value="hello, it is broken"))
    assert state["gist"] == "hello, it is broken"
    assert scales.asked == [("severity", "hello, it is broken"), ("topic", "hello, it is broken")]
