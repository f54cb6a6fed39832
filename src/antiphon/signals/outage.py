"""An outage: a store that is away is said to be so once, looked for until it is back, and said to be back once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5  # between two looks; so much later than the store is everything back to normal
QUIET_SECONDS = 10.0  # an outage so soon after the last one is the same trouble, and is not announced again


class Outage:
    """Whether a store is away, and why. Whoever notices calls `begin`; it ends by itself."""

    def __init__(
        self, name: str, look: Callable[[], Awaitable[None]], *, failures: tuple[type[Exception], ...]
    ) -> None:
        """`look` uses the store, and raises one of `failures` when that cannot be done."""
        self.reason: str | None = None
        self._name = name
        self._look = look
        self._failures = failures
        self._over = asyncio.Event()
        self._over.set()
        self._ended_at: float | None = None  # on the loop's clock
        self._began_at = 0.0
        self._looking: asyncio.Task[None] | None = None

    def begin(self, error: Exception) -> None:
        """The store could not be used. Nothing happens when that is known already."""
        if self.reason is not None:
            return
        now = asyncio.get_running_loop().time()
        self.reason = reason_of(error)
        again = self._ended_at is not None and now - self._ended_at < QUIET_SECONDS
        log.log(
            logging.DEBUG if again else logging.WARNING,
            "%s is away: %s. All goes on from the store; live news stay within this process.",
            self._name,
            self.reason,
        )
        self._began_at = now
        self._over.clear()
        self._looking = asyncio.create_task(self._until_back(LOOK_SECONDS if again else 0.0))

    async def over(self) -> None:
        """Wait until the store is there. At once when it is."""
        await self._over.wait()

    async def close(self) -> None:
        """Stop looking."""
        if self._looking:
            self._looking.cancel()
            await asyncio.wait([self._looking])

    async def _until_back(self, pause: float) -> None:
        await asyncio.sleep(pause)
        while True:
            try:
                await self._look()
            except self._failures as error:
                self.reason = reason_of(error)
            else:
                break
            await asyncio.sleep(LOOK_SECONDS)
        self._ended_at = asyncio.get_running_loop().time()
        self.reason = None
        log.info("%s is back after %.1f s", self._name, self._ended_at - self._began_at)
        self._over.set()


def reason_of(error: Exception) -> str:
    """What went wrong, also where the exception says nothing."""
    return str(error) or type(error).__name__
