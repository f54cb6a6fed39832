"""The gate: whether a reply goes out by itself, waits for a person's word, or a person takes over."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from antiphon.core.pack import GateDef

Verdict: TypeAlias = Literal["synthesize", "await_approval", "handoff"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What the gate says, and why."""

    verdict: Verdict
    reason: str | None = None


def judge(gate: GateDef, intent: str, confidence: float) -> Judgement:
    """One of the three, never two of them."""
    if intent in gate.handoff_intents:
        return Judgement(verdict="handoff", reason=f"a person handles {intent}")
    if confidence < gate.handoff_below:
        reason = f"confidence {confidence:.2f} is below {gate.handoff_below:.2f}"
        return Judgement(verdict="handoff", reason=reason)
    if intent in gate.approve_intents:
        return Judgement(verdict="await_approval", reason=f"a person approves replies to {intent}")
    return Judgement(verdict="synthesize")
