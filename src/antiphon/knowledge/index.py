"""The index: which rows of a matrix are nearest to a vector."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from antiphon.core.names import Vector
from antiphon.knowledge.sketch import Sketch

Floats: TypeAlias = NDArray[np.float32]
Rows: TypeAlias = NDArray[np.intp]
Hit: TypeAlias = tuple[int, float]  # a row, and the cosine between it and the query

SKETCHED_FROM = 20_000  # rows; a product with fewer takes 2 ms, and a sketch would take seconds to make
_FEW = 16  # one row in so many may be compared after a sketch; with more, the whole product is as fast


class Index(Protocol):
    """Nearest rows. The scores are exact; whether a row was overlooked is the implementation's to say."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def search(self, query: Vector, top_k: int) -> list[Hit]:
        """The `top_k` rows nearest to the query, or all when there are fewer; best first, the lower row on a tie."""
        ...


class ExactIndex:
    """No row is overlooked: each is compared, or is known to be farther away than those that were found.

    98,000 rows of 384 take 12 ms to compare, as fast as memory is read. A sketch of a third of that size tells how
    near a row can be at most, which leaves some hundred rows to compare: 4 ms.
    """

    def __init__(self, matrix: Floats) -> None:
        """Take a float32 matrix, [rows, dimensions]; rows of unit length make the dot product the cosine."""
        self._matrix = matrix
        self._sketch = Sketch.of(matrix) if len(matrix) >= SKETCHED_FROM else None

    def __len__(self) -> int:
        return len(self._matrix)

    def search(self, query: Vector, top_k: int) -> list[Hit]:
        top_k = min(top_k, len(self))
        if top_k < 1:
            return []
        wanted = np.frombuffer(query, dtype="<f4")
        rows = self._possible(wanted, top_k) if self._sketch else None
        if rows is None:
            return best_of(self._matrix @ wanted, top_k)
        return [(int(rows[place]), score) for place, score in best_of(self._matrix[rows] @ wanted, top_k)]

    def _possible(self, wanted: Floats, top_k: int) -> Rows | None:
        """The rows, in order, among which the best are for sure; None when they are too many to be worth it."""
        if self._sketch is None or top_k * _FEW > len(self):
            return None
        most = self._sketch.at_most(wanted)
        promising = np.argpartition(most, len(most) - top_k)[-top_k:]
        least = float((self._matrix[promising] @ wanted).min())  # of the best `top_k`, each is at least this near
        rows = np.flatnonzero(most >= least)
        return rows if len(rows) * _FEW <= len(self) else None


def matrix_of(vectors: Sequence[Vector]) -> Floats:
    """Vectors as the rows of a matrix; ValueError when they are not all equally long."""
    if len(set(map(len, vectors))) > 1:
        raise ValueError("the vectors of one index must have the same number of dimensions")
    flat = np.frombuffer(b"".join(vectors), dtype="<f4").astype(np.float32, copy=False)
    return flat.reshape(len(vectors), -1) if vectors else flat.reshape(0, 0)


def best_of(scores: Floats, top_k: int) -> list[Hit]:
    """The places of the largest scores with them, best first, the lower place on a tie.

    The score of the last of them is found first: argpartition takes twice as long and picks among ties as it likes.
    """
    last = np.partition(scores, len(scores) - top_k)[len(scores) - top_k]
    above = np.flatnonzero(scores > last)
    level = np.flatnonzero(scores == last)[: top_k - len(above)]
    rows = np.concatenate([above, level])
    order = rows[np.lexsort((rows, -scores[rows]))]
    return [(int(row), float(scores[row])) for row in order]
