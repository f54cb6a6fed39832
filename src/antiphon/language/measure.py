"""How good an understanding is: figures for one set of labelled lines, as `antiphon eval` prints them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from antiphon.core.intent import Understanding
from antiphon.language.intents import OUT_OF_SCOPE

BINS = 15  # of the calibration error, as the literature has it (Guo et al., 2017)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """Figures for one set of lines. A share of nothing is None."""

    lines: int  # in all
    accuracy: float | None  # share of lines within scope whose best intent is right, before any rejection
    false_rejections: float | None  # share of lines within scope that were taken for strange ones
    out_of_scope_recall: float | None  # share of strange lines that were found
    calibration_error: float | None  # over the lines within scope, 0 to 1

    @classmethod
    def of(cls, expected: Sequence[str], understood: Sequence[Understanding]) -> Self:
        """Compare; a line that is about nothing known is expected to be `oos`."""
        pairs = list(zip(expected, understood, strict=True))
        known = [(intent, found) for intent, found in pairs if intent != OUT_OF_SCOPE]
        strange = [found for intent, found in pairs if intent == OUT_OF_SCOPE]
        right = [found.intent == intent for intent, found in known]
        return cls(
            lines=len(pairs),
            accuracy=share(right),
            false_rejections=share([not found.in_scope for _, found in known]),
            out_of_scope_recall=share([not found.in_scope for found in strange]),
            calibration_error=calibration_error([found.confidence for _, found in known], right),
        )


def share(facts: Sequence[bool]) -> float | None:
    """The share of them that is true; None for none."""
    return sum(facts) / len(facts) if facts else None


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float | None:
    """The expected calibration error: in bins of equal width, how far confidence is from the share right.

    Bins weigh as much as lines fall into them. 0 is perfect; None for no lines.
    """
    if not confidences:
        return None
    drawers = bins_of(confidences, right, bins)
    gaps = [abs(sum(claimed for claimed, _ in drawer) - sum(fact for _, fact in drawer)) for drawer in drawers]
    return sum(gaps) / len(confidences)


def bins_of(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[list[tuple[float, bool]]]:
    """Pairs of confidence and fact, in bins of equal width from 0 to 1."""
    drawers: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, fact in zip(confidences, right, strict=True):
        drawers[min(int(confidence * bins), bins - 1)].append((confidence, fact))
    return drawers
