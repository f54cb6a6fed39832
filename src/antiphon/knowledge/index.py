"""The index: which rows of a matrix are nearest to a vector."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from antiphon.core.names import Vector

Hit: TypeAlias = tuple[int, float]  # a row, and the cosine between it and the query


class Index(Protocol):
    """Nearest rows. Exact here; an approximate one may take its place where millions of rows want it."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def search(self, query: Vector, top_k: int) -> list[Hit]:
        """The `top_k` rows nearest to the query, or all when there are fewer; best first, the lower row on a tie."""
        ...


class ExactIndex:
    """Every row is compared: 98,000 rows of 384 in 5 to 12 ms, as fast as memory is read; more would be needless.

    The matrix is float32, [rows, dimensions], one unit-length vector a row, so that a dot product is the cosine.
    """

    def __init__(self, vectors: Sequence[Vector]) -> None:
        """Take the rows; ValueError when they are not all equally long."""
        if len(set(map(len, vectors))) > 1:
            raise ValueError("the vectors of one index must have the same number of dimensions")
        flat = np.frombuffer(b"".join(vectors), dtype="<f4").astype(np.float32, copy=False)
        self._matrix: NDArray[np.float32] = flat.reshape(len(vectors), -1) if vectors else flat.reshape(0, 0)

    def __len__(self) -> int:
        return len(self._matrix)

    def search(self, query: Vector, top_k: int) -> list[Hit]:
        top_k = min(top_k, len(self))
        if top_k < 1:
            return []
        scores = self._matrix @ np.frombuffer(query, dtype="<f4")
        rows = _largest(scores, top_k)
        return [(int(row), float(scores[row])) for row in rows]


def _largest(scores: NDArray[np.float32], top_k: int) -> NDArray[np.intp]:
    """The places of the largest scores, in order.

    The score of the last of them is found first: argpartition takes twice as long and picks among ties as it likes.
    """
    last = np.partition(scores, len(scores) - top_k)[len(scores) - top_k]
    above = np.flatnonzero(scores > last)
    level = np.flatnonzero(scores == last)[: top_k - len(above)]
    rows = np.concatenate([above, level])
    order: NDArray[np.intp] = rows[np.lexsort((rows, -scores[rows]))]
    return order
