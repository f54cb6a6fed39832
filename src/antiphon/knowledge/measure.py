"""How good a search is: figures for queries whose relevant passages are known, as `antiphon eval` prints them."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

Judged: TypeAlias = tuple[Sequence[str], Collection[str]]  # ids found, best first, each once; and the relevant ones

CUT = 10  # places that nDCG and recall look at


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures:
    """Means over queries, 0 to 1; None for no queries."""

    queries: int
    hit_at_1: float | None  # the first one found is relevant
    mrr: float | None  # 1 / the place of the first relevant one, as deep as was searched
    ndcg_at_10: float | None  # see `ndcg`
    recall_at_10: float | None  # share of the relevant ones among the first ten

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> Self:
        """Measure; every query has a relevant passage at least."""
        return cls(
            queries=len(judged),
            hit_at_1=_mean([float(bool(found) and found[0] in relevant) for found, relevant in judged]),
            mrr=_mean([reciprocal_rank(found, relevant) for found, relevant in judged]),
            ndcg_at_10=_mean([ndcg(found, relevant) for found, relevant in judged]),
            recall_at_10=_mean([recall(found, relevant) for found, relevant in judged]),
        )


def reciprocal_rank(found: Sequence[str], relevant: Collection[str]) -> float:
    """1 / the place of the first relevant one, from 1; 0 when none was found."""
    return next((1 / place for place, id_ in enumerate(found, start=1) if id_ in relevant), 0.0)


def ndcg(found: Sequence[str], relevant: Collection[str], cut: int = CUT) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002) where a passage is relevant or not.

    A relevant one at place p is worth 1 / log2(p + 1); 1 is the best that so many relevant ones can reach.
    """
    gain = sum(_worth(place) for place, id_ in enumerate(found[:cut], start=1) if id_ in relevant)
    return gain / sum(_worth(place) for place in range(1, min(len(relevant), cut) + 1))


def recall(found: Sequence[str], relevant: Collection[str], cut: int = CUT) -> float:
    """The share of the relevant ones that is among the first `cut`."""
    return sum(id_ in relevant for id_ in found[:cut]) / len(relevant)


def _worth(place: int) -> float:
    return 1 / math.log2(place + 1)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
