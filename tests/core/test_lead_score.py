"""Points, tiers, and the contact for the CRM."""

import re

import pytest

from antiphon.core.lead_score import crm_record, score_lead, unscored
from antiphon.core.pack import ScoreDef, TierDef
from antiphon.core.scale import Grade
from antiphon.core.ticket import ticket_id

DEFINITION = ScoreDef(
    kind="score",
    start=0.3,
    intents={"demo": 0.2},
    signals={"budget": {"high": 0.4, "low": -0.4}, "timeline": {"now": 0.3}},
    tiers={"hot": TierDef(at=0.7, reply="h"), "warm": TierDef(at=0.3, reply="w"), "cold": TierDef(at=0, reply="c")},
)


def scored(intent: str, budget: str, timeline: str) -> tuple[float, str]:
    levels = {"budget": budget, "timeline": timeline}
    grades = {name: Grade(scale=name, level=level, confidence=1) for name, level in levels.items()}
    found = score_lead(DEFINITION, intent, grades)
    assert found.signals == levels
    return found.score, found.tier


@pytest.mark.parametrize(
    ("intent", "budget", "timeline", "expected"),
    [
        ("demo", "high", "now", (1.0, "hot")),  # never more than 1
        ("demo", "unknown", "unknown", (0.5, "warm")),
        ("other", "low", "unknown", (0.0, "cold")),  # never less than 0
        ("other", "high", "unknown", (0.7, "hot")),  # a tier begins at its score
        ("other", "unknown", "unknown", (0.3, "warm")),
    ],
)
def test_points_are_added_up(intent: str, budget: str, timeline: str, expected: tuple[float, str]) -> None:
    assert scored(intent, budget, timeline) == expected


def test_what_cannot_be_judged_is_warm() -> None:
    found = unscored(DEFINITION)
    assert (found.score, found.tier) == (0.3, "warm")
    assert found.signals == {"budget": "unknown", "timeline": "unknown"}


def test_the_same_address_is_the_same_contact() -> None:
    one, other = crm_record("Jo@Example.com ", "demo", "hot"), crm_record("jo@example.com", "sales", "warm")
    assert one["contact_id"] == other["contact_id"]
    assert re.fullmatch(r"CRM-[0-9A-F]{8}", one["contact_id"])
    assert set(one) == {"contact_id", "logged", "email", "intent", "tier"}


def test_tickets_are_numbered() -> None:
    assert ticket_id(7) == "TKT-00007"
    assert ticket_id(123456) == "TKT-123456"
