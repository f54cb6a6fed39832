"""Perform: keep what was promised. Each effect is tried under its key, and what became of it is stored."""

import asyncio
import logging
from collections import Counter

from antiphon.core.effect import Attempted, KeptEffect, settle
from antiphon.core.errors import AntiphonError, StoreUnavailable
from antiphon.core.names import EffectKey
from antiphon.engine.engine import Engine
from antiphon.ports import Resuming

log = logging.getLogger(__name__)

EFFECTS = "effects"  # stands in the queue of conversations where effects are due; no conversation has this id
CHANCES = 65_535  # what two random bytes can be, at most


class Performing:
    """The effects that this process performs side by side, so many of a kind at once.

    A kind is a performer and one other side, so that a slow one holds up its own effects and no others.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._batch = max(1, engine.limits.effects_at_once // 2)  # taken at once, when no more than that is under way
        self._held: dict[EffectKey, KeptEffect] = {}
        self._kinds: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        """Say that effects are due. Never blocks."""
        if self._engine.works:
            self._news.set()
        else:
            self._engine.wake_ups.wake(EFFECTS)  # for another process

    async def run(self) -> None:
        """Take up what is due as soon as it is, until `stop`."""
        while not self._stopping.is_set():
            self._news.clear()
            if not await self._take_up():
                await _until(self._news, self._engine.limits.sweep_seconds)

    async def look(self) -> int:
        """Begin what is due and may be begun now; how many there were."""
        busy = frozenset(kind for kind, count in self._kinds.items() if count > self._batch)
        engine = self._engine
        taken = await engine.store.claim_due(engine.owner, engine.clock.now(), self._batch, busy=busy)
        for kept in taken:
            self._start(kept)
        return len(taken)

    async def keep_leases(self) -> None:
        """Renew what is being performed, for ever. Cancelled at a stop."""
        while True:
            await asyncio.sleep(self._engine.limits.heartbeat_seconds)
            if self._held:
                try:
                    await self._engine.store.renew_effects(list(self._held.values()))
                except AntiphonError as error:
                    log.warning("leases of effects were not renewed: %s", error)

    def stop(self) -> None:
        """Take up nothing new."""
        self._stopping.set()
        self._news.set()

    async def finish(self) -> None:
        """Wait for the attempts that are under way; each has a time limit."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _take_up(self) -> bool:
        """Whether there may be more."""
        try:
            return await self.look() == self._batch
        except StoreUnavailable as error:
            log.warning("effects put off: %s", error)
        except Exception:
            log.exception("effects could not be taken up; tried again soon")
        return False

    def _start(self, kept: KeptEffect) -> None:
        self._held[kept.key] = kept
        self._kinds[kept.effect.kind] += 1
        task = asyncio.create_task(self._perform(kept))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("an effect was not settled; its lease will end", exc_info=error)

    async def _perform(self, kept: KeptEffect) -> None:
        try:
            await self._store(kept, await attempt(self._engine, kept))
        finally:
            del self._held[kept.key]
            self._kinds[kept.effect.kind] -= 1
            if self._kinds[kept.effect.kind] == self._batch:
                self._news.set()  # it was busy, and more may have been left

    async def _store(self, kept: KeptEffect, attempted: Attempted) -> None:
        """Store how it went; the outcome is known here alone, so a store that is away is waited for."""
        settled = self._settled(kept, attempted)
        if settled.status in ("dead", "parked"):
            text = "effect %s is %s: %s"
            log.error(text, kept.key, settled.status, settled.reason, extra={"run_id": kept.run_id})
        while True:
            try:
                return await self._engine.store.settle(settled)
            except StoreUnavailable as error:
                if self._stopping.is_set():
                    raise
                log.warning("the outcome of effect %s is not stored yet: %s", kept.key, error)
                await _until(self._stopping, self._engine.limits.sweep_seconds)

    def _settled(self, kept: KeptEffect, attempted: Attempted) -> KeptEffect:
        chance = int.from_bytes(self._engine.ids.secret(2)) / CHANCES
        backoff = self._engine.limits.retry_seconds
        return settle(kept, attempted, self._engine.clock.now(), backoff=backoff, chance=chance)


async def attempt(engine: Engine, kept: KeptEffect) -> Attempted:
    """One attempt at one effect that `claim_due` handed out."""
    performer = engine.performers.get(kept.effect.kind)
    resuming = performer if isinstance(performer, Resuming) else None
    if kept.abandoned and resuming is None:
        return Attempted(outcome="unknown", reason="whoever performed it died before saying how it went")
    if performer is None:
        reason = f"nothing here performs effects of kind {kept.effect.kind}"
        return Attempted(outcome="failed", reason=reason, retry=False)
    try:
        async with asyncio.timeout(engine.limits.effect_seconds):
            return await (resuming.resume(kept) if kept.abandoned and resuming else performer.perform(kept))
    except TimeoutError:
        return Attempted(outcome="unknown", reason=f"no outcome within {engine.limits.effect_seconds:g} s")
    except Exception as error:
        log.exception("effect %s broke its performer", kept.key, extra={"run_id": kept.run_id})
        return Attempted(outcome="unknown", reason=f"{type(error).__name__}: {error}")


async def _until(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, at most so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
