"""What processes hear of each other by, in process or over Redis."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from antiphon.clock import SystemClock
from antiphon.core.errors import (
    ExtraMissing,
    SettingMissing,
)
from antiphon.limits.memory import MemoryLimiter
from antiphon.ports import (
    HotState,
    Limiter,
    Lines,
    Signals,
    WakeUps,
)
from antiphon.queue.memory import MemoryWakeUps
from antiphon.settings import Settings
from antiphon.signals.memory import MemoryHotState, MemorySignals
from antiphon.signals.memory_lines import MemoryLines


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """What processes hear of each other by."""

    signals: Signals
    wake_ups: WakeUps
    hot: HotState
    lines: Lines
    limiter: Limiter


@asynccontextmanager
async def opened_news(settings: Settings, owner: str) -> AsyncIterator[News]:
    """Signals, wake-ups and hot state: in process, or over the Redis that the settings name."""
    if settings.redis_url is None:
        if settings.rate_limit_storage == "redis":
            raise SettingMissing(name="REDIS_URL", what="RATE_LIMIT_STORAGE=redis")
        hot = MemoryHotState(clock=SystemClock(), key_ttl_seconds=settings.idempotency_ttl_seconds)
        yield News(
            signals=MemorySignals(),
            wake_ups=MemoryWakeUps(),
            hot=hot,
            lines=MemoryLines(),
            limiter=MemoryLimiter(),
        )
        return
    try:
        from antiphon.limits.redis import RedisLimiter  # noqa: PLC0415 - its driver is an extra
        from antiphon.queue.redis import BLOCK_SECONDS, RedisWakeUps  # noqa: PLC0415
        from antiphon.signals.link import RedisLink  # noqa: PLC0415
        from antiphon.signals.news import RedisNews  # noqa: PLC0415
        from antiphon.signals.redis import RedisHotState, RedisSignals  # noqa: PLC0415
        from antiphon.signals.redis_lines import RedisLines  # noqa: PLC0415
    except ImportError:
        raise ExtraMissing(what="REDIS_URL", extra="redis") from None
    link = await RedisLink(settings.redis_url).open()
    reader = await link.beside(timeout_seconds=BLOCK_SECONDS * 4).open()
    heard = RedisNews(link)
    heard.start()
    signals = RedisSignals(link, heard)
    await signals.start()
    wake_ups = RedisWakeUps(link, reader, consumer=owner, idle_seconds=settings.lease_seconds)
    try:
        yield News(
            signals=signals,
            wake_ups=wake_ups,
            hot=RedisHotState(link, heard, key_ttl_seconds=settings.idempotency_ttl_seconds),
            lines=RedisLines(link, heard),
            limiter=RedisLimiter(link) if settings.rate_limit_storage == "redis" else MemoryLimiter(),
        )
    finally:
        await wake_ups.close()
        await heard.close()
        await reader.close()
        await link.close()
