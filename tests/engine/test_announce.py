"""Announcing: nobody is told of a turn before it is committed, and no caller before the sinks."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from antiphon.core.errors import LeaseLost
from antiphon.engine.service import Service
from antiphon.ports import CompletedTurn, Sink, Store
from tests.engine.bench import Bench, bench, message


@dataclass
class Witness:
    """A sink that looks into the store when it is told something, and may be slow."""

    store: Store
    seen: list[str | None] = field(default_factory=list)  # how the run stood when the sink was told
    hold: asyncio.Event | None = None
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def committed(self, turn: CompletedTurn) -> None:
        run = await self.store.run(turn.claim.run.id)
        self.seen.append(run.status if run else None)
        self.told.set()
        if self.hold:
            await self.hold.wait()

    async def erased(self, conversation_id: str) -> None:
        """Nothing is erased here."""


def with_sink(b: Bench, sink: Sink) -> Service:
    return Service.of(replace(b.service.engine, sinks=[sink]))


async def test_a_sink_is_told_of_what_is_committed() -> None:
    b = bench()
    witness = Witness(b.store)
    await with_sink(b, witness).respond(message("hello"))
    assert witness.seen == ["completed"]


async def test_a_sink_is_not_told_of_a_turn_that_was_not_committed() -> None:
    b = bench()
    witness = Witness(b.store)
    service = with_sink(b, witness)
    b.work.hold = asyncio.Event()
    saying = asyncio.create_task(service.respond(message("hello")))
    await b.work.started.wait()
    b.clock.advance(31)
    (conversation_id,) = await b.store.waiting(1)
    await b.store.claim(conversation_id, "somebody else")
    b.work.hold.set()
    with pytest.raises(LeaseLost):
        await saying
    assert witness.seen == []


async def test_neither_caller_is_answered_before_the_sinks_have_taken_note() -> None:
    """The one who works the turn, and the one who waits for it."""
    b = bench(burst="merge")
    witness = Witness(b.store, hold=asyncio.Event())
    service = with_sink(b, witness)
    b.work.hold = asyncio.Event()
    first = asyncio.create_task(service.respond(message("one")))
    await b.work.started.wait()
    later = [asyncio.create_task(service.respond(message(text))) for text in ("two", "three")]
    await asyncio.sleep(0)
    b.work.hold.set()
    assert witness.hold
    for callers in ([first], later):
        await witness.told.wait()
        for _ in range(20):
            await asyncio.sleep(0)  # whoever was told has acted on it by now
        assert not any(caller.done() for caller in callers)
        witness.told.clear()
        held, witness.hold = witness.hold, asyncio.Event()
        held.set()
        await asyncio.sleep(0)
    witness.hold.set()
    assert [answer.outcome.reply for answer in await asyncio.gather(first, *later)] == ["echo one"] + [
        "echo two\nthree"
    ] * 2
