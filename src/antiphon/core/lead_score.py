"""How promising a lead is: points for what was asked and for each signal, added up and put into a tier."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from antiphon.core.names import Facts
from antiphon.core.pack import ScoreDef
from antiphon.core.scale import Grades

UNKNOWN = "unknown"  # the signal when nothing could be judged
REASON_WITHOUT_SIGNALS = "the signals could not be judged"


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadScore:
    """A score from 0 to 1 with its tier, and what it is made of."""

    score: float
    tier: str
    signals: Mapping[str, str]  # scale to level
    reasoning: str


def score_lead(definition: ScoreDef, intent: str, grades: Grades) -> LeadScore:
    """The points of the intent and of each signal, between 0 and 1."""
    signals = {scale: grades[scale].level for scale in definition.signals}
    parts = {f"intent {intent}": definition.intents.get(intent, 0.0)}
    parts |= {f"{scale} {level}": definition.signals[scale].get(level, 0.0) for scale, level in signals.items()}
    total = round(min(max(definition.start + sum(parts.values()), 0.0), 1.0), 2)
    said = ", ".join(f"{what} {points:+.2f}" for what, points in parts.items())
    return LeadScore(
        score=total,
        tier=_tier(definition, total),
        signals=signals,
        reasoning=f"{definition.start:.2f} to begin with, {said}",
    )


def unscored(definition: ScoreDef) -> LeadScore:
    """The score of a lead whose signals could not be judged."""
    return LeadScore(
        score=definition.unscored,
        tier=_tier(definition, definition.unscored),
        signals=dict.fromkeys(definition.signals, UNKNOWN),
        reasoning=REASON_WITHOUT_SIGNALS,
    )


def crm_record(email: str, intent: str, tier: str) -> Facts:
    """The contact as a CRM would list it: the same address has the same id."""
    digest = hashlib.sha256(email.strip().casefold().encode("utf-8", "replace")).hexdigest()
    return {"contact_id": f"CRM-{digest[:8].upper()}", "logged": True, "email": email, "intent": intent, "tier": tier}


def _tier(definition: ScoreDef, score: float) -> str:
    """The first tier that the score reaches, else the last."""
    reached = (name for name, tier in definition.tiers.items() if score >= tier.at)
    return next(reached, list(definition.tiers)[-1])
