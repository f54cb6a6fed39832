"""Questions: what looks like one, and what a short one means after the turn before it."""

import re

from antiphon.core.conversation import Conversation

_OPENERS = r"(?:(?:and|but|so|ok(?:ay)?|wait|sorry|hey|hi|hello|oh|well|first|before that|also|then)[,!.]* )*"
_WHOM = "i|we|you|it|he|she|they|one|there|this|that|these|those|the|a|an|my|your|our|any|all"
_ASKS = re.compile(
    rf"{_OPENERS}(?:"
    r"what|what['’]?s|how|why|when|where|who|whose|which|tell me|explain|show me|have you|was|wie|warum|wann|wo|wer|"
    r"welche\w*|kann|gibt es|"
    # Can Yaman, Will Smith and May Parker ask nothing; whoever does goes on with whom or what it is about.
    rf"(?:can|could|would|do|does|did|is|are|should|must|has|am)(?= (?:{_WHOM}|\w+ (?-i:[a-z]+))\b)|"
    rf"(?:will|may)(?= (?:{_WHOM})\b)"
    r")(?!\w|[@.]\w)",
    re.IGNORECASE,
)
_WONDERS = re.compile(  # anywhere in a message
    r"\b(?:i(?:['’]d| would)? (?:like|love|want|need|have) to (?:know|ask)|wondering|any idea|"
    r"(?:wonder|curious|(?:tell|remind) me|let me know) (?:if|whether|how|what|why|about|more)|"
    r"(?:quick|one|a|another) question|"
    r"(?:and|but|also|so) (?:do|does|can|could|what|how|why|when|which) (?:i|you|it|is|are|do|does|much|many|the))\b",
    re.IGNORECASE,
)
_LEANS_BACK = re.compile(
    r"^(?:and|but|what about|how about|also|or|then)\b"
    r"|\b(?:it|its|that|this|those|these|they|them|the other|the same|one|ones|there)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(r"\bthe (?:other|alternative)\b|\bother (?:one|plan|option)\b", re.IGNORECASE)
_ALONE_FROM_WORDS = 9  # a question this long says itself what it is about


def is_question(text: str) -> bool:
    """Whether a message asks something, by its mark, its first words, or what it says of itself."""
    text = " ".join(text.split())
    return "?" in text or _ASKS.match(text) is not None or _WONDERS.search(text) is not None


def leans_back(text: str) -> bool:
    """Whether a message can only be understood with the one before it: "and the other one?"."""
    return len(text.split()) < _ALONE_FROM_WORDS and _LEANS_BACK.search(text.strip()) is not None


def asks_for_other(text: str) -> bool:
    """Whether a message asks for the one of two that was not spoken of: "what about the other one?"."""
    return len(text.split()) < _ALONE_FROM_WORDS and _OTHER.search(text) is not None


def previous_question(conversation: Conversation) -> str | None:
    """The latest message of the person that stands alone, or None."""
    for utterance in reversed(conversation.recent):
        if utterance.role == "user" and not leans_back(utterance.text):
            return utterance.text
    return None
