"""The specialist that scores a lead and drafts a reply for its tier."""

from dataclasses import dataclass

from antiphon.core.errors import ScaleUnavailable
from antiphon.core.lead_score import LeadScore, crm_record, score_lead, unscored
from antiphon.core.mail import sender
from antiphon.core.pack import ScoreDef
from antiphon.core.scale import Grades
from antiphon.core.step import Step
from antiphon.graph.specialists.known import known_answer
from antiphon.graph.state import ConversationState
from antiphon.ports import Drafter, Knowledge, Render, Scales


@dataclass(frozen=True, kw_only=True, slots=True)
class Scoring:
    """How a pack scores leads, and what is needed for it."""

    definition: ScoreDef
    scales: Scales
    knowledge: Knowledge
    render: Render
    drafter: Drafter | None = None


async def score(state: ConversationState, *, name: str, scoring: Scoring) -> ConversationState:
    """Signals judged, points added up, a contact for the CRM on record, a reply drafted."""
    intent, who = state["intent"], sender(state["change"])
    grades, lead = await _scored(state, scoring)
    contact = crm_record(who["sender_email"] or state["run_id"], intent, lead.tier)
    answer = await known_answer(scoring.knowledge, scoring.drafter, state["gist"])
    facts = {"answer": answer.text, "score": lead.score, "tier": lead.tier, **who}
    return {
        "drafts": [scoring.render(scoring.definition.tiers[lead.tier].reply, facts)],
        "route": state["route"][1:],
        "grades": grades,
        "facts": [{"lead_score": lead.score, "lead_tier": lead.tier, **lead.signals, "crm": contact}],
        "steps": [
            Step(
                node=name,
                agent=name,
                action="scored_and_drafted",
                output=f"{lead.tier} {lead.score:.2f}",
                why={
                    "score": lead.score,
                    "tier": lead.tier,
                    **lead.signals,
                    "reasoning": lead.reasoning,
                    "crm": contact,
                    "judged": {scale: dict(grade.why) for scale, grade in grades.items()},
                    **({"drafted": dict(answer.why)} if answer.why else {}),
                },
            )
        ],
    }


async def _scored(state: ConversationState, scoring: Scoring) -> tuple[Grades, LeadScore]:
    grades = dict(state.get("grades", {}))
    try:
        for scale in scoring.definition.signals:
            grades[scale] = await scoring.scales.judge(scale, state["change"].value, gist=state["gist"])
    except ScaleUnavailable:
        return grades, unscored(scoring.definition)
    return grades, score_lead(scoring.definition, state["intent"], grades)
