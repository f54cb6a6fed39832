"""Questions: what looks like one, and what a short one means after the turn before it."""

import re

from antiphon.core.conversation import Conversation

_ASKS = re.compile(
    r"^(?:and |but |so |ok(?:ay)?,? |wait,? |sorry,? |hey,? |hi,? )*"
    r"(?:what|how|why|when|where|who|whose|which|can|could|would|do|does|did|is|are|should|"
    r"(?:will|may)(?= (?:i|we|you|it|they|there|this|that|the|my|your)\b)|"  # Will Smith and May Parker ask nothing
    r"tell me|explain|show me|have you|was|wie|was|warum|wann|wo|wer|welche\w*|kann|gibt es)\b",
    re.IGNORECASE,
)
_LEANS_BACK = re.compile(
    r"^(?:and|but|what about|how about|also|or|then)\b"
    r"|\b(?:it|its|that|this|those|these|they|them|the other|the same|one|ones|there)\b",
    re.IGNORECASE,
)
_ALONE_FROM_WORDS = 9  # a question this long says itself what it is about


def is_question(text: str) -> bool:
    """Whether a message asks something, by its mark or its first words."""
    return "?" in text or _ASKS.match(text.strip()) is not None


def leans_back(text: str) -> bool:
    """Whether a message can only be understood with the one before it: "and the other one?"."""
    return len(text.split()) < _ALONE_FROM_WORDS and _LEANS_BACK.search(text.strip()) is not None


def previous_question(conversation: Conversation) -> str | None:
    """The latest message of the person that stands alone, or None."""
    for utterance in reversed(conversation.recent):
        if utterance.role == "user" and not leans_back(utterance.text):
            return utterance.text
    return None
