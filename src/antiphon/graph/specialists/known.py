"""What the knowledge says to a message, in the words of the passages or of whoever drafts from them."""

import logging

from antiphon.core.errors import KnowledgeBroken
from antiphon.core.model import Drafted
from antiphon.core.passage import Answer
from antiphon.ports import Drafter, Knowledge

log = logging.getLogger(__name__)

UNKNOWN = Drafted(text="")


async def known_answer(knowledge: Knowledge, drafter: Drafter | None, gist: str, *, least: float = 0.0) -> Drafted:
    """The answer when there is a sure one of at least that strength, else an empty text.

    A broken knowledge base is no reason not to reply.
    """
    try:
        found = await knowledge.answer(gist)
    except KnowledgeBroken as broken:
        log.warning("drafted without knowledge: %s", broken)
        return UNKNOWN
    if found.band != "answer" or found.found[0].score < least:
        return UNKNOWN
    return await worded(drafter, gist, found)


async def worded(drafter: Drafter | None, question: str, found: Answer, *, said: str | None = None) -> Drafted:
    """A sure answer in a drafter's words; without one, and for any other answer, as it was found."""
    if drafter is None or found.band != "answer":
        return Drafted(text=found.text)
    return await drafter.draft(question, found, said=said)
