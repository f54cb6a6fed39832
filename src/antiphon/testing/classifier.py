"""A classifier that understands what it was told to understand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from antiphon.core.intent import Understanding


def understood(intent: str, confidence: float = 0.95, *, in_scope: bool = True) -> Understanding:
    """An understanding that is sure of one intent and has considered no other."""
    return Understanding(
        intent=intent,
        confidence=confidence,
        in_scope=in_scope,
        scope_score=1.0 if in_scope else 0.0,
        threshold=0.5,
        ranked=((intent, confidence),),
        provider="scripted",
    )


class ScriptedClassifier:
    """`ports.Classifier` that answers from a mapping of texts; `asked` lists what it was asked."""

    def __init__(self, answers: Mapping[str, Understanding], default: Understanding) -> None:
        self._answers = dict(answers)
        self._default = default
        self.asked: list[str] = []

    async def classify(
        self, text: str, *, allowed: frozenset[str] | None = None, parts: Sequence[str] = ()
    ) -> Understanding:
        """The scripted answer to the most telling part; where its intent is not allowed, the next ranked one that is.

        When none of them is allowed, the default, whatever its intent.
        """
        return max((self._read(part, allowed) for part in parts or (text,)), key=lambda reading: reading.scope_score)

    def _read(self, text: str, allowed: frozenset[str] | None) -> Understanding:
        self.asked.append(text)
        scripted = self._answers.get(text, self._default)
        if allowed is None or scripted.intent in allowed:
            return scripted
        ranked = tuple((intent, share) for intent, share in scripted.ranked if intent in allowed)
        if not ranked:
            return self._default
        intent, confidence = ranked[0]
        return replace(scripted, intent=intent, confidence=confidence, ranked=ranked)
