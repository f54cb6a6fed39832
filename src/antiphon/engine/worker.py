"""The worker: takes up conversations that have work, sweeps once a second, and keeps what was promised."""

import asyncio
import logging

from antiphon.core.errors import StoreUnavailable
from antiphon.core.names import ConversationId
from antiphon.engine.engine import Engine
from antiphon.engine.perform import EFFECTS, Performing
from antiphon.engine.schedule import Schedule
from antiphon.engine.sweep import sweep
from antiphon.engine.turns import Turns

log = logging.getLogger(__name__)


class Worker:
    """Background work of one process. `run` until it is stopped.

    A process that does not work in the background keeps the leases of the turns that its callers wait for.
    """

    def __init__(self, engine: Engine, turns: Turns, performing: Performing) -> None:
        self._engine = engine
        self._turns = turns
        self._performing = performing
        self._schedule = Schedule(engine)
        self._slots = asyncio.Semaphore(engine.limits.concurrency)
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until `stop`, then finish what was begun."""
        leases = [asyncio.create_task(self._turns.keep_leases()), asyncio.create_task(self._performing.keep_leases())]
        try:
            await (self._work() if self._engine.works else self._stopping.wait())
        finally:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._turns.finish()
            await self._performing.finish()
            for task in leases:
                task.cancel()

    def stop(self) -> None:
        """Take up nothing new; what was claimed and not begun is handed back."""
        self._stopping.set()
        self._turns.stop()
        self._performing.stop()

    async def _work(self) -> None:
        sweeps = [asyncio.create_task(self._sweep()), asyncio.create_task(self._schedule.run())]
        performing = asyncio.create_task(self._performing.run())  # ends by itself: what it took must not be lost
        try:
            while not self._stopping.is_set():
                conversation_id = await self._engine.wake_ups.next(self._engine.limits.sweep_seconds)
                if conversation_id is not None:
                    await self._take_up(conversation_id)
        finally:
            for task in sweeps:
                task.cancel()
            self._performing.stop()
            await performing

    async def _take_up(self, conversation_id: ConversationId) -> None:
        if conversation_id == EFFECTS:
            self._performing.wake()
            self._engine.wake_ups.done(conversation_id)
            return
        await self._slots.acquire()
        if self._stopping.is_set():
            self._engine.wake_ups.done(conversation_id)
            self._engine.wake_ups.wake(conversation_id)  # for another process
        else:
            self._start(conversation_id)

    def _start(self, conversation_id: ConversationId) -> None:
        task = asyncio.create_task(self._work_off(conversation_id))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _work_off(self, conversation_id: ConversationId) -> None:
        try:
            await self._turns.work_off(conversation_id)
        finally:
            self._engine.wake_ups.done(conversation_id)  # also after a failure: the sweep finds what is left

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._slots.release()
        if not task.cancelled() and (error := task.exception()):
            log.error("background work failed; the sweep takes it up again", exc_info=error)

    async def _sweep(self) -> None:
        while True:
            try:
                await sweep(self._engine)
            except StoreUnavailable as error:
                log.warning("sweep put off: %s", error)
            except Exception:
                log.exception("the sweep broke; tried again soon")
            await asyncio.sleep(self._engine.limits.sweep_seconds)
