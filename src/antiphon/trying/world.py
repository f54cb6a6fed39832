"""A pack at work in memory, in a time that is set. Nothing sleeps in it, and nothing leaves it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from antiphon.backend.mock import MockBackend
from antiphon.core.effect import KeptEffect
from antiphon.core.errors import ScenarioEndless
from antiphon.core.names import ConversationId, EffectKey, Facts, Moment, PackName
from antiphon.engine.engine import Business, Engine, Limits
from antiphon.engine.schedule import Schedule
from antiphon.engine.service import Service
from antiphon.ports import CompletedTurn, Delivery, EffectQuery, Outgoing
from antiphon.queue.memory import MemoryWakeUps
from antiphon.signals.memory import MemorySignals
from antiphon.testing import LEASE_SECONDS, CountingIds, MemoryStore, SettableClock
from antiphon.testing.tables import Tables

OWNER = "scenario"
CHANNELS = ("whatsapp", "email", "chat", "sms", "voice")  # all of which can be written on here
AT_ONCE = 1  # effects, so that they are performed in the same order each time
MOST_ROUNDS = 1000  # of work and effects at one moment; a process that has no end shall have one here
MOST_EFFECTS = 100_000  # that are looked at for the next that is due


class Watch:
    """`ports.Sink`, and whoever else sees what happens, in order, as it happens."""

    def __init__(self) -> None:
        self.on_turn: Callable[[CompletedTurn], None] = lambda _: None
        self.on_settled: Callable[[KeptEffect], None] = lambda _: None
        self.on_sent: Callable[[str, Outgoing], None] = lambda *_: None

    async def committed(self, turn: CompletedTurn) -> None:
        """A turn was committed."""
        self.on_turn(turn)

    async def erased(self, conversation_id: ConversationId) -> None:
        """Nothing is erased here."""


class WatchedStore(MemoryStore):
    """The twin of the store, which tells what became of each effect."""

    def __init__(self, clock: SettableClock, watch: Watch) -> None:
        super().__init__(Tables(), clock, LEASE_SECONDS)
        self._watch = watch

    async def settle(self, effect: KeptEffect) -> None:
        """See `ports.Effects`."""
        await super().settle(effect)
        self._watch.on_settled(effect)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedChannel:
    """`ports.Channel` on which everything arrives, and is told."""

    name: str
    watch: Watch
    repeatable: bool = True

    async def send(self, message: Outgoing) -> Delivery:
        """See `ports.Channel`."""
        self.watch.on_sent(self.name, message)
        return Delivery(status="sent", provider_id=message.key)

    async def healthy(self) -> bool:
        """It is."""
        return True


class ScenarioBackend(MockBackend):
    """The mock backend with the people and the matters of a scenario among its own, or in place of them."""

    def __init__(self, contacts: Iterable[dict[str, Any]] = (), pending: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__()
        self._followups = {str(item["id"]): dict(item) for item in pending}
        self._contacts |= {str(contact["id"]): dict(contact) for contact in contacts}

    async def update_followup_status(
        self, followup_id: str, status: str, *, details: Facts | None = None, key: EffectKey | None = None
    ) -> None:
        """Whatever it is about: a scenario need not say what the business's own system knows."""
        if followup_id in self._followups:
            await super().update_followup_status(followup_id, status, details=details, key=key)
        else:
            self._is_new("update_followup", {"id": followup_id, "status": status, **(details or {})}, key)


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """A service on twins, with its clock."""

    service: Service
    store: WatchedStore
    clock: SettableClock
    backend: MockBackend
    watch: Watch
    schedule: Schedule

    @property
    def engine(self) -> Engine:
        """What the use cases work with."""
        return self.service.engine

    @property
    def pack(self) -> PackName:
        """The only pack there is."""
        return next(iter(self.engine.businesses))

    async def settle(self) -> None:
        """Work all that waits and perform all that is due now, and what comes of that, one after the other.

        Raises:
            ScenarioEndless: it goes on for ever.
        """
        for _ in range(MOST_ROUNDS):
            waiting = await self.store.waiting(MOST_ROUNDS)
            for conversation_id in waiting:
                await self.service.turns.work_off(conversation_id)
            await self.service.turns.finish()
            performed = await self.service.performing.look()
            await self.service.performing.finish()
            if not waiting and not performed:
                return
        raise ScenarioEndless(at=self.clock.now().isoformat(), rounds=MOST_ROUNDS)

    async def pass_until(self, moment: Moment) -> None:
        """Let time pass: jump from one thing that is due to the next, and to that moment in the end."""
        await self.schedule.promise()
        await self.settle()
        while (due := await self._next_due()) is not None and due <= moment:
            self.clock.set(due)
            await self.settle()
        self.clock.set(moment)

    async def _next_due(self) -> Moment | None:
        """When the next effect is due that is not due yet; what is due and still there is performed by nobody."""
        query = EffectQuery(limit=MOST_EFFECTS, statuses=frozenset({"pending"}))
        now = self.clock.now()
        return min((kept.due_at for kept in await self.store.effects(query) if kept.due_at > now), default=None)


def world(business: Business, *, at: Moment, backend: MockBackend | None = None) -> World:
    """A world of one pack."""
    clock, watch, backend = SettableClock(at), Watch(), backend or MockBackend()
    store = WatchedStore(clock, watch)
    engine = Engine(
        owner=OWNER,
        store=store,
        clock=clock,
        ids=CountingIds(),
        businesses={business.pack.name: business},
        signals=MemorySignals(),
        wake_ups=MemoryWakeUps(),
        sinks=[watch],
        channels={name: RecordedChannel(name=name, watch=watch) for name in CHANNELS},
        backend=backend,
        limits=Limits(effects_at_once=AT_ONCE),
    )
    service, schedule = Service.of(engine), Schedule(engine)
    return World(service=service, store=store, clock=clock, backend=backend, watch=watch, schedule=schedule)
