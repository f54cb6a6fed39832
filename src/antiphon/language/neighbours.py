"""The examples that a message is compared with: how near is the nearest of each intent?"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from antiphon.language.regression import Floats, Labels

KEPT = 2_000  # examples in all, when each intent has many: 3 MB, which is 0.1 ms to go through


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbours:
    """Unit vectors of examples, intent after intent."""

    vectors: Floats  # [examples, dimensions], sorted by intent
    starts: NDArray[np.intp]  # [intents], where each one's examples begin

    @classmethod
    def among(cls, vectors: Floats, labels: Labels, *, classes: int) -> Self:
        """Of an intent with more than its share of `KEPT`, those are kept that cover it best."""
        share = max(1, KEPT // classes)
        kept = [_spread(vectors[labels == label], share) for label in range(classes)]
        sizes = [len(part) for part in kept]
        return cls(vectors=np.concatenate(kept), starts=np.cumsum([0, *sizes[:-1]], dtype=np.intp))

    def nearest(self, messages: Floats) -> Floats:
        """The cosine of the nearest example of each intent: [messages, dimensions] to [messages, intents]."""
        return np.maximum.reduceat(messages @ self.vectors.T, self.starts, axis=1)


def _spread(vectors: Floats, count: int) -> Floats:
    """So many of them, each the one farthest from those before; the first is the nearest to the middle."""
    if len(vectors) <= count:
        return vectors
    chosen = [int((vectors @ vectors.mean(axis=0)).argmax())]
    covered = vectors @ vectors[chosen[0]]
    while len(chosen) < count:
        chosen.append(int(covered.argmin()))
        np.maximum(covered, vectors @ vectors[chosen[-1]], out=covered)
    return vectors[chosen]
