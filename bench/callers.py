"""Callers in this process: so many at once, each calling again as soon as it was answered."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter

from bench.load import percentile


@dataclass(frozen=True, kw_only=True, slots=True)
class Called:
    """How it went."""

    rate: float  # calls per second
    p50_ms: float
    p99_ms: float


async def call(callers: int, seconds: float, work: Callable[[int, int], Awaitable[object]]) -> Called:
    """Keep `callers` calling `work(caller, call)` for so long. A quarter of the time before that is warm-up."""
    began = perf_counter() + seconds / 4
    until = began + seconds
    ms: list[float] = []

    async def keep_calling(caller: int) -> None:
        number, sent_at = 0, perf_counter()
        while sent_at < until:
            await work(caller, number)
            answered_at = perf_counter()
            if sent_at >= began:
                ms.append((answered_at - sent_at) * 1000)
            number, sent_at = number + 1, answered_at

    await asyncio.gather(*(keep_calling(caller) for caller in range(callers)))
    taken = perf_counter() - began
    ms.sort()
    return Called(rate=len(ms) / taken, p50_ms=percentile(ms, 0.5), p99_ms=percentile(ms, 0.99))
