"""Going through many things on a thread without keeping the event loop from its own."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_WORK = 0.001  # seconds between pauses; Python would let the loop wait five times as long
_PAUSE = 0.000_05  # seconds; enough for whoever waits to take over


def unhurried(things: Iterable[T]) -> Iterator[T]:
    """The same things, with a pause now and then in which other threads may run."""
    resume = time.perf_counter() + _WORK
    for thing in things:
        yield thing
        if time.perf_counter() > resume:
            time.sleep(_PAUSE)
            resume = time.perf_counter() + _WORK
