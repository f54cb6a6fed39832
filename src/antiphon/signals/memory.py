"""Signals within one process."""

import asyncio
from collections import defaultdict

from antiphon.core.names import RunId
from antiphon.core.run import Outcome


class MemorySignals:
    """Futures by run. One that nobody keeps is forgotten with its last reference."""

    def __init__(self) -> None:
        self._waiting: dict[RunId, list[asyncio.Future[Outcome]]] = defaultdict(list)

    def finished(self, run_id: RunId) -> asyncio.Future[Outcome]:
        """What the run ends with, once it has."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[run_id].append(future)
        future.add_done_callback(lambda done: self._forget(run_id, done))
        return future

    def finish(self, run_id: RunId, outcome: Outcome) -> None:
        """Tell whoever waits."""
        for future in self._waiting.pop(run_id, ()):
            if not future.done():
                future.set_result(outcome)

    def _forget(self, run_id: RunId, done: asyncio.Future[Outcome]) -> None:
        waiting = self._waiting.get(run_id, [])
        if done in waiting:
            waiting.remove(done)
            if not waiting:
                del self._waiting[run_id]
