"""What a message was understood to mean, and how sure we are."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Understanding:
    """The result of classifying one message among a pack's intents."""

    intent: str  # the best intent, before any rejection
    confidence: float  # calibrated probability of that intent, 0 to 1
    in_scope: bool  # whether the message is about anything the pack knows
    scope_score: float  # evidence that it is in scope; compared with `threshold`
    threshold: float  # below it the message is out of scope
    ranked: tuple[tuple[str, float], ...]  # the best few intents and their probabilities, best first
    provider: str = "local"  # who understood it
    reasoning: str = ""  # why, in the words of a model
    fallback: str | None = None  # why another provider stepped in for the one that was chosen

    def probability(self, intent: str) -> float:
        """The probability of one intent; 0 when it is not among the best few."""
        return dict(self.ranked).get(intent, 0.0)
