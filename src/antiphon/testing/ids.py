"""Ids and secrets that are the same in every run of a test."""

import hashlib
import itertools


class CountingIds:
    """`ports.Ids` that count. Two with different `series` never give the same."""

    def __init__(self, series: int = 0) -> None:
        self._series = series
        self._ids = itertools.count(1)
        self._secrets = itertools.count(1)

    def new(self) -> str:
        """The next id, in the form of a uuid4. Ids of one series sort in the order in which they came."""
        return f"{self._series:08x}-0000-4000-8000-{next(self._ids):012x}"

    def secret(self, size: int) -> bytes:
        """Bytes that look random and are not: the same number gives the same bytes."""
        seed = f"{self._series}/{next(self._secrets)}".encode()
        return hashlib.shake_256(seed).digest(size)
