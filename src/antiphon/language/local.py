"""The local provider: the encoder and what was learnt from a pack's examples, as a `ports.Classifier`."""

from collections.abc import Sequence
from functools import lru_cache

from antiphon.core.intent import Understanding
from antiphon.language.intents import IntentClassifier
from antiphon.ports import Encoder

REMEMBERED = 2048  # recent understandings, 2 MB


class LocalClassifier:
    """Understands messages without a model server."""

    def __init__(self, encoder: Encoder, learnt: IntentClassifier) -> None:
        self._encoder = encoder
        self._learnt = learnt
        self._understood = lru_cache(maxsize=REMEMBERED)(learnt.classify)  # the same vector is understood the same way

    async def classify(
        self, text: str, *, allowed: frozenset[str] | None = None, parts: Sequence[str] = ()
    ) -> Understanding:
        """The understanding of one message, among the allowed intents when given: that of its most telling part."""
        readings = [self._understood(await self._encoder.encode(part), allowed) for part in parts or (text,)]
        return max(readings, key=lambda reading: reading.scope_score)
