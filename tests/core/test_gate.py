"""The gate: one of three, and the strictest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.gate import confidence_in_route, judge
from antiphon.core.intent import Understanding
from antiphon.core.pack import GateDef, HandoffRule, IntentDef, PackDef, SayDef
from antiphon.core.scale import Grade, Grades

GATE = GateDef(handoff_below=0.4, handoff_intents=("complaint",), approve_intents=("refund", "complaint"))


@pytest.mark.parametrize(
    ("intent", "confidence", "verdict", "reason"),
    [
        ("greeting", 0.9, "synthesize", None),
        ("greeting", 0.4, "synthesize", None),
        ("greeting", 0.39, "handoff", "confidence 0.39 is below 0.40"),
        ("refund", 0.9, "await_approval", "a person approves replies to refund"),
        ("refund", 0.1, "handoff", "confidence 0.10 is below 0.40"),
        ("complaint", 0.99, "handoff", "a person handles complaint"),
        ("complaint", 0.1, "handoff", "a person handles complaint"),
    ],
)
def test_what_the_gate_says(intent: str, confidence: float, verdict: str, reason: str | None) -> None:
    judgement = judge(GATE, intent, confidence)
    assert (judgement.verdict, judgement.reason) == (verdict, reason)


@given(st.text(max_size=10), st.floats(0, 1))
def test_a_pack_that_asks_for_nothing_is_never_held_up(intent: str, confidence: float) -> None:
    assert judge(GateDef(), intent, confidence).verdict == "synthesize"


@given(st.sampled_from(["greeting", "refund", "complaint"]), st.floats(0, 1))
def test_whatever_is_held_up_says_why(intent: str, confidence: float) -> None:
    judgement = judge(GATE, intent, confidence)
    assert (judgement.reason is None) == (judgement.verdict == "synthesize")


@given(st.sampled_from(["greeting", "refund", "complaint"]), st.floats(0, 1), st.floats(0, 1))
def test_more_confidence_never_brings_in_a_person(intent: str, one: float, other: float) -> None:
    less, more = sorted((one, other))
    if judge(GATE, intent, more).verdict == "handoff":
        assert judge(GATE, intent, less).verdict == "handoff"


def graded(**levels: str) -> Grades:
    return {name: Grade(scale=name, level=level, confidence=1.0) for name, level in levels.items()}


SCALED = GateDef(
    handoff_below=0.4,
    handoff_when=(
        HandoffRule(scale="topic", levels=("legal", "press"), reason="a person answers {level}"),
        HandoffRule(scale="severity", levels=("high",), reason="severity {level}"),
    ),
)


def test_a_level_that_the_pack_names_goes_to_a_person() -> None:
    judgement = judge(SCALED, "greeting", 1.0, graded(severity="high"))
    assert (judgement.verdict, judgement.reason) == ("handoff", "severity high")
    assert judge(SCALED, "greeting", 1.0, graded(severity="low", topic="none")).verdict == "synthesize"
    assert judge(SCALED, "greeting", 1.0).verdict == "synthesize"


def test_the_first_rule_that_applies_gives_the_reason() -> None:
    judgement = judge(SCALED, "greeting", 0.1, graded(severity="high", topic="press"))
    assert judgement.reason == "a person answers press"


def test_intents_of_one_specialist_count_together() -> None:
    pack = PackDef(
        name="shop",
        title="Shop",
        version="1",
        intents=tuple(
            IntentDef(name=name, examples=("one", "two", "three"), specialist=who)
            for name, who in (("bug", "desk"), ("complaint", "desk"), ("price", "till"))
        ),
        specialists={name: SayDef(kind="say", reply="hi") for name in ("desk", "till")},
        replies={"hi": "Hi"},
        fallback="desk",
        fallback_intent="bug",
    )
    understood = Understanding(
        intent="price",
        confidence=0.4,
        in_scope=True,
        scope_score=1,
        threshold=0,
        ranked=(("price", 0.4), ("bug", 0.35), ("complaint", 0.25)),
    )
    assert confidence_in_route(pack, "desk", understood) == pytest.approx(0.6)
    assert confidence_in_route(pack, "till", understood) == pytest.approx(0.4)
