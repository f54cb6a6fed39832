"""A service: one process at work, from its start to its stop."""

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from antiphon.core.errors import PackNotLoaded
from antiphon.core.names import ConversationId, Facts, PackName
from antiphon.core.process.definition import TriggerType
from antiphon.engine.begin_binding import begin_binding
from antiphon.engine.change_context import ContextChanged, change_context
from antiphon.engine.engine import Business, Engine
from antiphon.engine.go_through_rules import GoneThrough, go_through_rules
from antiphon.engine.happen import Happened, happen
from antiphon.engine.keeping import own_performers
from antiphon.engine.perform import Performing
from antiphon.engine.receive import Request
from antiphon.engine.respond import Response, respond
from antiphon.engine.turns import Turns
from antiphon.engine.worker import Worker
from antiphon.ports import BindingRecord, Limiter, Performer


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
        """A service that is not started yet; it keeps what the engine itself promises, beside what was given."""
        given = engine.performers
        performers: dict[str, Performer] = {}
        engine = replace(engine, performers=performers)
        performing = Performing(engine)
        turns = Turns(engine, performing.wake)
        performers |= {**own_performers(engine, partial(respond, engine, turns)), **given}
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

    # Converse

    async def happen(self, pack: PackName, event_name: str, data: Facts, *, key: str | None = None) -> Happened:
        """See `engine.happen`.

        Raises:
            PackNotLoaded: it is not here.
        """
        self.business(pack)
        return await happen(self.engine, self.ask, pack, event_name, data, key=key)

    async def change_context(
        self,
        conversation_id: ConversationId,
        trigger_type: TriggerType,
        trigger_value: str,
        extra_data: Facts | None = None,
        *,
        key: str | None = None,
    ) -> ContextChanged:
        """See `engine.change_context`."""
        given = (conversation_id, trigger_type, trigger_value, extra_data)
        return await change_context(self.engine, self.ask, *given, key=key)

    async def begin_binding(self, conversation_id: ConversationId, process_type: str, **given: Any) -> BindingRecord:
        """See `engine.begin_binding`, also for what may be given."""
        return await begin_binding(self.engine, self.ask, conversation_id, process_type, **given)

    async def go_through_rules(self, pack: PackName) -> GoneThrough:
        """See `engine.go_through_rules`.

        Raises:
            PackNotLoaded: it is not here.
        """
        self.business(pack)
        return await go_through_rules(self.engine, self.ask, pack)

    async def ask(self, request: Request) -> Response:
        """The outcome of a request's own turn; its pack is known to be here."""
        return await respond(self.engine, self.turns, request)

    # At work

    def start(self) -> asyncio.Task[None]:
        """Begin background work; the task ends after `stop`."""
        return asyncio.create_task(self.worker.run())

    async def drain(self, running: asyncio.Task[None]) -> None:
        """Take up nothing new, and finish the turns in flight."""
        self.worker.stop()
        await running
