"""Nearest rows by FAISS: every row is looked at in a tenth of its size, and the best few hundred exactly.

Twice as fast as `ExactIndex` at 100,000 rows, and always: it has no hard queries. Of the ten best rows of 100,000
sentences it finds 99.7 %; cells around centres (IVF) would be faster still and find 94 %.
"""

import logging
from typing import Any

import numpy as np

from antiphon.core.names import Vector
from antiphon.knowledge.index import Floats, Hit, best_of

AXES = 160  # of 384 (principal components), one byte each
RESCORED = 500  # rows that are compared exactly, and at least four times as many as are asked for
TRAINED_ON = 40_000  # rows that axes and bytes are fitted to


class FaissIndex:
    """An `Index` over FAISS. Made in a second for 100,000 rows, on the thread that makes it."""

    def __init__(self, matrix: Floats) -> None:
        """Take a float32 matrix, [rows, dimensions], of unit-length rows.

        Raises:
            ImportError: `antiphon[faiss]` is not installed.
        """
        logging.getLogger("faiss.loader").setLevel(logging.WARNING)  # how it loads itself is no news
        import faiss  # noqa: PLC0415  # an extra, and 0.1 s

        self._matrix = matrix
        self._compressed: Any = None
        rows, dimensions = matrix.shape
        if rows > RESCORED:
            faiss.omp_set_num_threads(1)  # the other cores have other work
            recipe = f"PCA{min(AXES, dimensions)},SQ8"
            self._compressed = faiss.index_factory(dimensions, recipe, faiss.METRIC_INNER_PRODUCT)
            self._compressed.train(matrix[:: max(1, rows // TRAINED_ON)])
            self._compressed.add(matrix)

    def __len__(self) -> int:
        return len(self._matrix)

    def search(self, query: Vector, top_k: int) -> list[Hit]:
        top_k = min(top_k, len(self))
        if top_k < 1:
            return []
        wanted = np.frombuffer(query, dtype="<f4").astype(np.float32, copy=False)
        looked_at = max(RESCORED, 4 * top_k)
        if self._compressed is None or looked_at >= len(self):
            return best_of(self._matrix @ wanted, top_k)
        _, (near,) = self._compressed.search(wanted[np.newaxis], looked_at)
        rows = np.sort(near[near >= 0])
        return [(int(rows[place]), score) for place, score in best_of(self._matrix[rows] @ wanted, top_k)]
