"""Two processes' ends of what is shared, of each kind. In process there is one end, and both are it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias

from antiphon.ports import Clock, HotState, Signals
from antiphon.signals.link import RedisLink
from antiphon.signals.memory import MemoryHotState, MemorySignals
from antiphon.signals.news import RedisNews
from antiphon.signals.redis import RedisHotState, RedisSignals

HotKind: TypeAlias = Literal["memory", "redis"]

HOT_KINDS: tuple[HotKind, ...] = ("memory", "redis")


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """What one process holds."""

    hot: HotState
    signals: Signals


@dataclass(frozen=True, kw_only=True, slots=True)
class RedisEnd(End):
    """What one process holds of Redis."""

    link: RedisLink


@asynccontextmanager
async def open_redis(url: str, *, ttl_seconds: int = 3600) -> AsyncIterator[RedisEnd]:
    """One process's end, put together as the wiring does."""
    link = await RedisLink(url).open()
    news = RedisNews(link)
    news.start()
    signals = RedisSignals(link, news)
    await signals.start()
    try:
        yield RedisEnd(hot=RedisHotState(link, news, ttl_seconds=ttl_seconds), signals=signals, link=link)
    finally:
        await news.close()
        await link.close()


@asynccontextmanager
async def two_ends(kind: HotKind, url: str, clock: Clock) -> AsyncIterator[tuple[End, End]]:
    """Both ends, open."""
    if kind == "memory":
        end = End(hot=MemoryHotState(clock=clock), signals=MemorySignals())
        yield end, end
        return
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(open_redis(url)),
            await stack.enter_async_context(open_redis(url)),
        )
