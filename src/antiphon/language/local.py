"""The local provider: the encoder and what was learnt from a pack's examples, as a `ports.Classifier`."""

from antiphon.core.intent import Understanding
from antiphon.language.intents import IntentClassifier
from antiphon.ports import Encoder


class LocalClassifier:
    """Understands messages without a model server."""

    def __init__(self, encoder: Encoder, learnt: IntentClassifier) -> None:
        self._encoder = encoder
        self._learnt = learnt

    async def classify(self, text: str, *, allowed: frozenset[str] | None = None) -> Understanding:
        """The understanding of one message, among the allowed intents when given."""
        return self._learnt.classify(await self._encoder.encode(text), allowed)
