"""The schedule: each scheduled rule's next firing is a promise in the store, under a key that names rule and moment.

So it is kept once by however many processes, comes late rather than never after a pause, and is promised anew at the
start, after each firing, and once a minute: also when a clock has jumped, nothing is lost and nothing fires twice.
"""

import asyncio
import logging
from collections.abc import Iterator

from antiphon.core.cron import next_fire
from antiphon.core.errors import StoreUnavailable
from antiphon.core.names import EffectKey, Moment, PackName
from antiphon.core.rule import RuleDef
from antiphon.engine.engine import Business, Engine
from antiphon.engine.kinds import RULE
from antiphon.ports import Promise

log = logging.getLogger(__name__)


def scheduled(business: Business) -> Iterator[RuleDef]:
    """The rules that fire by themselves."""
    return (rule for rule in business.rules if rule.enabled and rule.trigger.cron is not None)


def next_firing(business: Business, rule: RuleDef, after: Moment) -> Promise | None:
    """The first firing of a rule after a moment; None when there is none."""
    pack, cron = business.pack.name, rule.trigger.cron
    moment = next_fire(cron, business.zone, after) if cron else None
    if moment is None:
        return None
    payload = {"pack": pack, "rule_id": rule.id, "cron": cron, "moment": moment.isoformat()}
    return Promise(key=firing_key(pack, rule, moment), kind=RULE, payload=payload, due_at=moment)


def firing_key(pack: PackName, rule: RuleDef, moment: Moment) -> EffectKey:
    """The name of a firing: the same in every process."""
    return f"rule:{pack}:{rule.id}:{moment.isoformat()}"


class Schedule:
    """Sees to it that the next firing of every rule is promised."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._promised: dict[tuple[PackName, str], EffectKey] = {}  # the latest by this process, by pack and rule

    async def promise(self) -> int:
        """Promise what this process has not promised yet; how many firings those were.

        Raises:
            StoreUnavailable: none of them was.
        """
        now = self._engine.clock.now()
        found = {
            (business.pack.name, rule.id): firing
            for business in self._engine.businesses.values()
            for rule in scheduled(business)
            if (firing := next_firing(business, rule, now))
        }
        fresh = {name: firing for name, firing in found.items() if self._promised.get(name) != firing.key}
        if fresh:
            await self._engine.store.promise(tuple(fresh.values()))
            self._promised |= {name: firing.key for name, firing in fresh.items()}
        return len(fresh)

    async def run(self) -> None:
        """Promise at once, and look again every minute, for ever. Cancelled at a stop."""
        while True:
            try:
                await self.promise()
            except StoreUnavailable as error:
                log.warning("the next firings are not promised yet: %s", error)
            except Exception:
                log.exception("the schedule broke; tried again soon")
            await asyncio.sleep(self._engine.limits.schedule_seconds)
