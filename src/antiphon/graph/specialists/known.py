"""What the knowledge says to a message that is not only a question."""

import logging

from antiphon.core.errors import KnowledgeBroken
from antiphon.ports import Knowledge

log = logging.getLogger(__name__)


async def known_answer(knowledge: Knowledge, gist: str, *, least: float = 0.0) -> str:
    """The answer when there is a sure one of at least that strength, else "".

    A broken knowledge base is no reason not to reply.
    """
    try:
        found = await knowledge.answer(gist)
    except KnowledgeBroken as broken:
        log.warning("drafted without knowledge: %s", broken)
        return ""
    return found.text if found.band == "answer" and found.found[0].score >= least else ""
