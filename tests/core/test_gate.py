"""The gate: one of three, and the strictest first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.gate import judge
from antiphon.core.pack import GateDef

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
