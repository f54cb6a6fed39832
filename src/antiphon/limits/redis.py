"""Limits that processes share over Redis. While it is away, each counts for itself."""

import logging
import time

from limits.aio.storage import Storage

from antiphon.limits.memory import MemoryLimiter
from antiphon.limits.window import WindowLimiter
from antiphon.ports import Command, Link, Refused, Verdict

log = logging.getLogger(__name__)

# In one step: a counter that nobody gave an end would close the door for ever.
COUNT = """
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if count == tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return count
"""


class _Away(Exception):
    """Redis does not count."""


class _LinkStorage(Storage):
    """Counters of `limits` in Redis. (Its own storage would need another client, and wait where this one does not.)"""

    base_exceptions = _Away

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count; the counter ends `expiry` seconds after its first hit."""
        return await self._number(("EVAL", COUNT, 1, _name(key), amount, expiry))

    async def get(self, key: str) -> int:
        """The count of this window."""
        return await self._number(("GET", _name(key)))

    async def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970."""
        return time.time() + max(0, await self._number(("PTTL", _name(key)))) / 1000

    async def check(self) -> bool:
        """Whether Redis counts."""
        return self._link.away is None

    async def reset(self) -> int | None:
        """Nothing: other things are in that Redis too."""
        return None

    async def clear(self, key: str) -> None:
        """Forget one counter."""
        await self._number(("DEL", _name(key)))

    async def _number(self, command: Command) -> int:
        answers = await self._link.send(command)
        if answers is None or isinstance(answers[0], Refused):
            raise _Away
        return int(answers[0] or 0)


class RedisLimiter:
    """`ports.Limiter` of many processes."""

    def __init__(self, link: Link) -> None:
        self._shared = WindowLimiter(_LinkStorage(link))
        self._own = MemoryLimiter()
        self._alone = False

    async def hit(self, key: str, limit: str) -> Verdict:
        """See `ports.Limiter`."""
        try:
            verdict = await self._shared.hit(key, limit)
        except _Away:
            if not self._alone:
                log.warning("Redis does not count: until it does, rate limits are those of each process")
            self._alone = True
            return await self._own.hit(key, limit)
        self._alone = False
        return verdict


def _name(key: str) -> bytes:
    return f"limits:{key}".encode(errors="backslashreplace")
