"""Windows: a limit's first hit opens one, and its last allowed hit closes the door until it ends."""

import time
from datetime import UTC, datetime
from functools import lru_cache

from limits import RateLimitItem, parse_many
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from antiphon.core.errors import SettingInvalid
from antiphon.ports import Verdict


@lru_cache(maxsize=64)  # as many as settings and packs name
def window_of(limit: str) -> RateLimitItem:
    """What a text such as "60/minute" or "5 per 10 seconds" means.

    Raises:
        ValueError: nothing, or nothing that could be kept.
    """
    windows = parse_many(limit)
    if len(windows) != 1 or windows[0].amount < 1:
        raise ValueError(f"{limit!r} is not one limit of at least 1")
    return windows[0]


def check_limit(setting: str, limit: str) -> str:
    """The limit that a setting holds, when it can be read.

    Raises:
        SettingInvalid: it cannot.
    """
    try:
        window_of(limit)
    except ValueError as error:
        raise SettingInvalid(name=setting, value=limit, reason="no rate limit; write it like 60/minute") from error
    return limit


class WindowLimiter:
    """`ports.Limiter` on a storage of `limits`."""

    def __init__(self, storage: Storage) -> None:
        self._counted = FixedWindowRateLimiter(storage)

    async def hit(self, key: str, limit: str) -> Verdict:
        """See `ports.Limiter`."""
        window = window_of(limit)
        allowed = await self._counted.hit(window, key)
        left = await self._counted.get_window_stats(window, key)
        return Verdict(
            allowed=allowed,
            limit=window.amount,
            remaining=left.remaining,
            reset_at=datetime.fromtimestamp(left.reset_time, UTC),
            retry_after=0.0 if allowed else max(0.0, left.reset_time - time.time()),  # `limits` lives by that clock
        )
