"""The specialist that resolves support: a ticket, how severe the case is, and a reply for that."""

from dataclasses import dataclass

from antiphon.core.errors import ScaleUnavailable
from antiphon.core.mail import sender
from antiphon.core.pack import ResolveDef
from antiphon.core.scale import Grade
from antiphon.core.step import Step
from antiphon.core.ticket import ticket_id
from antiphon.graph.specialists.known import known_answer
from antiphon.graph.state import ConversationState
from antiphon.ports import Drafter, Knowledge, Numbers, Render, Scales

TICKET_COUNTER = "ticket"
SURE = 0.5  # strength from which an answer is added to the reply: somebody with a problem has asked no question


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """How a pack resolves support, and what is needed for it."""

    definition: ResolveDef
    numbers: Numbers
    scales: Scales
    knowledge: Knowledge
    render: Render
    drafter: Drafter | None = None


async def resolve(state: ConversationState, *, name: str, case: Case) -> ConversationState:
    """A ticket with its severity, and a draft that says what is known. Whether it goes out is the gate's word."""
    change = state["change"]
    grade = await _severity(state, case)
    ticket = ticket_id(await case.numbers.next_number(TICKET_COUNTER))
    answer = await known_answer(case.knowledge, case.drafter, state["gist"], least=SURE)
    facts = {"answer": answer.text, "severity": grade.level, "ticket": ticket, **sender(change)}
    draft = case.render(case.definition.replies[grade.level], facts)
    return {
        "drafts": [draft],
        "route": state["route"][1:],
        "grades": {**state.get("grades", {}), grade.scale: grade},
        "facts": [{"severity": grade.level, "ticket": ticket, "resolution_draft": draft}],
        "steps": [
            Step(
                node=name,
                agent=name,
                action=f"resolved_with_severity_{grade.level}",
                output=ticket,
                why={
                    "severity": grade.level,
                    "confidence": grade.confidence,
                    "ticket": ticket,
                    **grade.why,
                    **({"drafted": dict(answer.why)} if answer.why else {}),
                },
            )
        ],
    }


async def _severity(state: ConversationState, case: Case) -> Grade:
    scale = case.definition.severity
    try:
        return await case.scales.judge(scale, state["change"].value, gist=state["gist"])
    except ScaleUnavailable as away:
        # The worst level that has a reply: a person looks at what could not be judged.
        worst = list(case.definition.replies)[-1]
        return Grade(scale=scale, level=worst, confidence=0.0, why={"unavailable": str(away)})
