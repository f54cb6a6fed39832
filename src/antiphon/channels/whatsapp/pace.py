"""How fast people are written to: per number and per person, as Meta allows, so that it need not refuse."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from antiphon.channels.whatsapp.outcomes import PAIR_SECONDS
from antiphon.ports import Delivery, Limiter

NUMBER_LIMIT = "80/second"  # what Meta grants a number at first
PAIR_LIMIT = "10/minute"  # one in six seconds, and a burst of ten
PATIENCE_SECONDS = 2.0  # what is waited for here; for more the message is put off
MAX_RESTING = 10_000  # people whom Meta asked us to leave alone a while


class Pace:
    """Counts by a limiter, which several processes may share, and remembers whom Meta wants left alone."""

    def __init__(self, limiter: Limiter, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limiter = limiter
        self._clock = clock
        self._resting: OrderedDict[str, float] = OrderedDict()  # until when, by address

    async def admit(self, number_id: str, address: str, count: int) -> Delivery | None:
        """Nothing, when so many messages may go out now; else what to do instead."""
        if left := self._rest_left(address):
            return _put_off("Meta asked us to leave this person alone for a while", left)
        for _ in range(count):
            if wait := await self._hit(f"whatsapp:pair:{number_id}:{address}", PAIR_LIMIT):
                return _put_off("too many messages to this person in a short time", wait)
        for _ in range(count):
            if wait := await self._hit(f"whatsapp:number:{number_id}", NUMBER_LIMIT):
                reason = "the number sends too fast"
                return Delivery(status="failed", reason=reason, policy="retry", retry_after=wait)
        return None

    def rest(self, address: str, seconds: float = PAIR_SECONDS) -> None:
        """Leave somebody alone for a while."""
        self._resting[address] = self._clock() + seconds
        self._resting.move_to_end(address)
        while len(self._resting) > MAX_RESTING:
            self._resting.popitem(last=False)

    def _rest_left(self, address: str) -> float:
        until = self._resting.get(address)
        if until is None:
            return 0.0
        left = until - self._clock()
        if left <= 0:
            del self._resting[address]
        return max(left, 0.0)

    async def _hit(self, key: str, limit: str) -> float:
        """Count one more, waiting a moment for it; else the seconds that are too many to wait."""
        waited = 0.0
        while not (verdict := await self._limiter.hit(key, limit)).allowed:
            pause = max(verdict.retry_after, 0.01)
            if waited + pause > PATIENCE_SECONDS:
                return pause
            await asyncio.sleep(pause)
            waited += pause
        return 0.0


def _put_off(reason: str, seconds: float) -> Delivery:
    return Delivery(status="failed", reason=reason, policy="delay", retry_after=seconds)
