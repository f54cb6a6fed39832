"""Encoding: the texts of a base become the rows of a matrix, part by part, and it shows how far that is."""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from antiphon.core.names import PackName, Vector
from antiphon.knowledge.index import Floats, matrix_of

log = logging.getLogger(__name__)

Vectors: TypeAlias = Callable[[Sequence[str]], Awaitable[list[Vector]]]  # of texts, in order; it may remember them

PART = 256  # texts asked for at once: half a second, after which others have their turn and a stop is noticed
TOLD_SECONDS = 10.0  # between two lines of the log


@dataclass(kw_only=True, slots=True)
class Encoding:
    """How many passages have their vectors, of how many. The total is 0 until the files have been read."""

    total: int
    done: int = 0

    def __str__(self) -> str:
        return f"{self.done} of {self.total} passages are ready" if self.total else "its files are being read"

    async def run(self, pack_name: PackName, texts: Sequence[str], owners: Sequence[int], vectors: Vectors) -> Floats:
        """The vectors of texts as float32, [texts, dimensions]. `owners` names the passage of each, from 0, rising."""
        matrix: Floats = np.empty((0, 0), dtype=np.float32)
        tell_at = time.monotonic() + TOLD_SECONDS
        for start in range(0, len(texts), PART):
            rows = matrix_of(await vectors(texts[start : start + PART]))
            if not start:
                matrix = np.empty((len(texts), rows.shape[1]), dtype=np.float32)
            matrix[start : start + len(rows)] = rows
            self.done = owners[start + len(rows) - 1] + 1
            if time.monotonic() >= tell_at:
                log.info("knowledge of %s: indexing %d of %d passages", pack_name, self.done, self.total)
                tell_at = time.monotonic() + TOLD_SECONDS
        return matrix
