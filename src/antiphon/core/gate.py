"""The gate: whether a reply goes out by itself, waits for a person's word, or a person takes over."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from antiphon.core.intent import Understanding
from antiphon.core.pack import GateDef, PackDef
from antiphon.core.scale import Grades

Verdict: TypeAlias = Literal["synthesize", "await_approval", "handoff"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What the gate says, and why."""

    verdict: Verdict
    reason: str | None = None


def judge(gate: GateDef, intent: str, confidence: float, grades: Grades | None = None) -> Judgement:
    """One of the three, never two of them. `grades` are those that were asked for; others make no difference."""
    if intent in gate.handoff_intents:
        return Judgement(verdict="handoff", reason=f"a person handles {intent}")
    for rule in gate.handoff_when:
        grade = (grades or {}).get(rule.scale)
        if grade and grade.level in rule.levels:
            return Judgement(verdict="handoff", reason=rule.reason.replace("{level}", grade.level))
    if confidence < gate.handoff_below:
        reason = f"confidence {confidence:.2f} is below {gate.handoff_below:.2f}"
        return Judgement(verdict="handoff", reason=reason)
    if intent in gate.approve_intents:
        return Judgement(verdict="await_approval", reason=f"a person approves replies to {intent}")
    return Judgement(verdict="synthesize")


def confidence_in_route(pack: PackDef, specialist: str, understood: Understanding) -> float:
    """How sure we are of who works on a message: the intents of one specialist count together.

    "Nobody showed up to our appointment" may be a complaint or a call for support; the same specialist works on both.
    """
    wanted = ((pack.intent(name), share) for name, share in understood.ranked)
    return min(sum(share for intent, share in wanted if intent and intent.specialist == specialist), 1.0)
