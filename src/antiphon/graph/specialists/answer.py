"""The specialist that answers from the pack's knowledge."""

import logging

from antiphon.core.errors import KnowledgeBroken
from antiphon.core.event import KnowledgeConsulted
from antiphon.core.message import telling_parts
from antiphon.core.names import Facts
from antiphon.core.pack import AnswerDef
from antiphon.core.passage import Answer, Found
from antiphon.core.question import leans_back, previous_question
from antiphon.core.step import Step
from antiphon.graph.specialists.known import worded
from antiphon.graph.state import ConversationState
from antiphon.ports import Drafter, Knowledge, Render

log = logging.getLogger(__name__)

KEPT_CHARS = 300  # of the passage that an answer comes from, in the log


async def answer(
    state: ConversationState,
    *,
    name: str,
    definition: AnswerDef,
    knowledge: Knowledge,
    render: Render,
    drafter: Drafter | None = None,
) -> ConversationState:
    """An answer with its source, a "did you mean", or an honest "I don't know"."""
    question = state["change"].value
    conversation = state["conversation"]
    context = previous_question(conversation) if leans_back(question) else None
    try:
        answers = [
            await knowledge.answer(part, context=context, said=conversation.response)
            for part in telling_parts(question)
        ]
    except KnowledgeBroken as broken:
        log.warning("answered without knowledge: %s", broken)
        return {
            "drafts": [render(definition.broken, {})],
            "route": state["route"][1:],
            "steps": [Step(node=name, agent=name, action="knowledge_broken", output=str(broken))],
        }
    found = max(answers, key=_strength)
    drafted = await worded(drafter, question, found, said=conversation.response)
    passages = tuple(_passage(place, one, found) for place, one in enumerate(found.found))
    return {
        "drafts": [_text(found, drafted.text, definition, render)],
        "route": state["route"][1:],
        "retrieved_knowledge": found.found,
        "events": [KnowledgeConsulted(run_id=state["run_id"], query=question, band=found.band, passages=passages)],
        "steps": [
            Step(
                node=name,
                agent=name,
                action=found.band,
                output=found.found[0].passage.id if found.found else "",
                why={"context": context, "passages": [[p["id"], p["score"]] for p in passages], **drafted.why},
            )
        ],
    }


def _strength(found: Answer) -> float:
    return found.found[0].score if found.found else 0.0


def _text(found: Answer, text: str, definition: AnswerDef, render: Render) -> str:
    if found.band == "dont_know":
        return render(definition.dont_know, {})
    if found.band == "did_you_mean":
        return render(definition.did_you_mean, {"suggestions": list(found.suggestions)})
    if definition.answer is None:
        return text
    return render(definition.answer, {"answer": text, "source": found.found[0].passage.source})


def _passage(place: int, one: Found, found: Answer) -> Facts:
    """What the log keeps of a passage: the one that was used with its words, the others by name."""
    facts = {"id": one.passage.id, "score": round(one.score, 4)}
    if place == 0 and found.band == "answer":
        facts["text"] = one.passage.content[:KEPT_CHARS]
    return facts
