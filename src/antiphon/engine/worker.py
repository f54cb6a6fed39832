"""The worker: takes up conversations that have work, and sweeps once a second."""

import asyncio
import logging

from antiphon.core.errors import StoreUnavailable
from antiphon.core.names import ConversationId
from antiphon.engine.engine import Engine
from antiphon.engine.sweep import sweep
from antiphon.engine.turns import Turns

log = logging.getLogger(__name__)


class Worker:
    """Background work of one process. `run` until it is stopped."""

    def __init__(self, engine: Engine, turns: Turns) -> None:
        self._engine = engine
        self._turns = turns
        self._slots = asyncio.Semaphore(engine.limits.concurrency)
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until `stop`, then finish what was begun."""
        leases = asyncio.create_task(self._turns.keep_leases())
        sweeps = asyncio.create_task(self._sweep())
        try:
            while not self._stopping.is_set():
                conversation_id = await self._engine.wake_ups.next(self._engine.limits.sweep_seconds)
                if conversation_id is not None:
                    await self._slots.acquire()
                    self._start(conversation_id)
        finally:
            sweeps.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._turns.finish()
            leases.cancel()

    def stop(self) -> None:
        """Take up nothing new."""
        self._stopping.set()

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
            await asyncio.sleep(self._engine.limits.sweep_seconds)
