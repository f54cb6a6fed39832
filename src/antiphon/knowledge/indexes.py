"""Which index a matrix gets."""

import importlib.util

from antiphon.knowledge.faiss_index import FaissIndex
from antiphon.knowledge.index import ExactIndex, Floats, Index

FAISS_FROM = 50_000  # rows; below, the exact index answers in 2 ms


def index_of(matrix: Floats) -> Index:
    """FAISS for many rows when `antiphon[faiss]` is installed, else the exact index. Blocks for a second or two."""
    return FaissIndex(matrix) if len(matrix) >= FAISS_FROM and faiss_is_installed() else ExactIndex(matrix)


def faiss_is_installed() -> bool:
    """Whether the extra is here. Nothing is imported for the question."""
    return importlib.util.find_spec("faiss") is not None
