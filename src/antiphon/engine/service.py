"""A service: one process at work, from its start to its stop."""

import asyncio
from dataclasses import dataclass

from antiphon.core.errors import PackNotLoaded
from antiphon.core.names import PackName
from antiphon.engine.engine import Business, Engine
from antiphon.engine.perform import Performing
from antiphon.engine.receive import Request
from antiphon.engine.respond import Response, respond
from antiphon.engine.turns import Turns
from antiphon.engine.worker import Worker
from antiphon.ports import Limiter


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """The engine with the turns and the background work of this process."""

    engine: Engine
    turns: Turns
    performing: Performing
    worker: Worker
    limiter: Limiter | None = None  # of whoever comes in; None: nothing is limited

    @classmethod
    def of(cls, engine: Engine, limiter: Limiter | None = None) -> "Service":
        """A service that is not started yet."""
        performing = Performing(engine)
        turns = Turns(engine, performing.wake)
        worker = Worker(engine, turns, performing)
        return cls(engine=engine, turns=turns, performing=performing, worker=worker, limiter=limiter)

    def business(self, pack: PackName) -> Business:
        """A pack that is loaded.

        Raises:
            PackNotLoaded: it is not.
        """
        try:
            return self.engine.businesses[pack]
        except KeyError:
            raise PackNotLoaded(name=pack) from None

    async def respond(self, request: Request) -> Response:
        """See `engine.respond`.

        Raises:
            PackNotLoaded: the request is for a pack that is not here.
        """
        self.business(request.pack)
        return await respond(self.engine, self.turns, request)

    def start(self) -> asyncio.Task[None]:
        """Begin background work; the task ends after `stop`."""
        return asyncio.create_task(self.worker.run())

    async def drain(self, running: asyncio.Task[None]) -> None:
        """Take up nothing new, and finish the turns in flight."""
        self.worker.stop()
        await running
