"""An engine on twins: what the use cases are tested on."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from antiphon.core.change import Change, merged
from antiphon.core.event import MessageSent, received
from antiphon.core.notice import NOBODY, Subscription
from antiphon.core.pack import IntentDef, PackDef, SayDef
from antiphon.core.proposal import Proposal
from antiphon.core.run import Outcome
from antiphon.engine.engine import Business, Engine, Limits
from antiphon.engine.receive import Request
from antiphon.engine.service import Service
from antiphon.ports import CompletedTurn, Performer, Turn
from antiphon.queue.memory import MemoryWakeUps
from antiphon.signals.memory import MemorySignals
from antiphon.testing import (
    CountingIds,
    FixedKnowledge,
    MemoryStore,
    MemoryStores,
    ScriptedClassifier,
    SettableClock,
    understood,
)

PACK = PackDef(
    name="bakery",
    title="Bakery",
    version="1",
    intents=tuple(
        IntentDef(name=name, examples=("one", "two", "three"), specialist="counter") for name in ("buy", "ask")
    ),
    specialists={"counter": SayDef(kind="say", reply="hello")},
    replies={"hello": "Hello"},
    fallback="counter",
    fallback_intent="ask",
)


@dataclass
class Worker:
    """Work that echoes, and that a test can hold up, count, or make fail."""

    seen: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)
    failures: list[Exception] = field(default_factory=list)
    proposal: dict[str, Any] = field(default_factory=dict)  # what is proposed beside the reply

    async def __call__(self, turn: Turn) -> Proposal:
        change = merged(tuple(run.change for run in turn.claim.runs))
        self.seen.append(change.value)
        self.started.set()
        if self.hold:
            await self.hold.wait()
        if self.failures:
            raise self.failures.pop(0)
        reply, run_id = f"echo {change.value}", turn.claim.run.id
        sent = MessageSent(run_id=run_id, channel=change.channel, text=reply)
        return replace(
            Proposal(
                outcome=Outcome(status="completed", reply=reply, intent="ask"),
                events=(*received(run_id, change), sent),
            ),
            **self.proposal,
        )


@dataclass
class Notebook:
    """A sink that writes down what it is told."""

    turns: list[CompletedTurn] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)  # conversations of which something was erased

    async def committed(self, turn: CompletedTurn) -> None:
        self.turns.append(turn)

    async def erased(self, conversation_id: str) -> None:
        self.rewritten.append(conversation_id)


@dataclass
class Bench:
    """A service on a memory store, with everything that it stands on at hand."""

    service: Service
    store: MemoryStore
    clock: SettableClock
    work: Worker
    sink: Notebook

    async def say(self, text: str, address: str = "ann", **request: Any) -> str | None:
        response = await self.service.respond(message(text, address, **request))
        return response.outcome.reply


def message(text: str, address: str = "ann", **request: Any) -> Request:
    change = Change(kind="message", value=text)
    return Request(pack="bakery", change=change, space="test", address=address, **request)


def bench(
    *,
    burst: str = "queue",
    limits: Limits | None = None,
    performers: dict[str, Performer] | None = None,
    notify: Subscription | None = None,
    works: bool = True,
) -> Bench:
    clock, ids, work, sink = SettableClock(), CountingIds(), Worker(), Notebook()
    store = MemoryStores(clock=clock).tenant()
    pack = PACK.model_copy(update={"burst": burst})
    business = Business(
        pack=pack,
        digest="0" * 64,
        work=work,
        classifier=ScriptedClassifier({}, understood("ask")),
        knowledge=FixedKnowledge(),
        render=lambda name, facts: pack.replies[name],
    )
    engine = Engine(
        owner="bench",
        store=store,
        clock=clock,
        ids=ids,
        businesses={"bakery": business},
        signals=MemorySignals(),
        wake_ups=MemoryWakeUps(),
        sinks=[sink],
        performers=performers or {},
        notify=notify or NOBODY,
        works=works,
        limits=limits or Limits(),
    )
    return Bench(service=Service.of(engine), store=store, clock=clock, work=work, sink=sink)
