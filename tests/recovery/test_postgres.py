"""Promises 1 to 4 on PostgreSQL: sessions cut, the server restarted and crashed, two workers for one conversation."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import asyncpg
import pytest

from antiphon.clock import RandomIds, SystemClock
from antiphon.core import chain
from antiphon.core.change import Change
from antiphon.core.conversation import fold
from antiphon.core.errors import LeaseLost, StoreUnavailable
from antiphon.core.event import Event, MessageReceived, MessageSent, decode, encode, kind_of
from antiphon.core.run import Accepted, Arrival, Claim, Outcome
from antiphon.ports import CompletedTurn
from antiphon.storage.postgres import PostgresStore, PostgresStores, open_postgres
from tests.local_servers import PostgresServer

T = TypeVar("T")

CALLERS = 8
CUTS = 6
LEASE_SECONDS = 2.0  # short, so that what a lost claim holds is soon free
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'antiphon'"

clock, ids = SystemClock(), RandomIds()


def arrival_of(key: str, address: str) -> Arrival:
    """A message under a key, as a caller repeats it: with ids of its own each time."""
    return Arrival(
        run_id=ids.new(),
        pack="shop",
        pack_version="1.0",
        space="shop/session",
        address=address,
        change=Change(kind="message", value=key),
        contact_id=ids.new(),
        conversation_id=ids.new(),
        at=clock.now(),
        idempotency_key=key,
        fingerprint=key,
    )


def turn_of(claim: Claim) -> CompletedTurn:
    """A claim worked through."""
    events: list[Event] = [
        *(MessageReceived(run_id=run.id, channel="chat", text=run.change.value) for run in claim.runs),
        MessageSent(run_id=claim.run.id, channel="chat", text="Hello!"),
    ]
    head, sealed = claim.head, []
    for sequence, event in enumerate(events, claim.sequence + 1):
        sealed.append(chain.seal(head, sequence, kind_of(event), clock.now(), encode(event), ids.secret(32)))
        head = sealed[-1].hash
    return CompletedTurn(
        claim=claim,
        events=tuple(sealed),
        conversation=fold(events, claim.conversation),
        outcome=Outcome(status="completed", reply="Hello!"),
        at=clock.now(),
    )


@dataclass(kw_only=True, slots=True)
class Load:
    """Callers who repeat a message under its key until it is acknowledged, and workers who finish what is there."""

    store: PostgresStore
    acknowledged: dict[str, str] = field(default_factory=dict)  # run by key
    refused: int = 0  # times that the store was not available
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_available(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await ask()
            except StoreUnavailable:
                self.refused += 1
                await asyncio.sleep(0.01)  # as Retry-After asks; the test's timeout bounds it

    async def call(self, caller: int) -> None:
        """Say one thing after the other, each in a conversation of this caller, and take the turn at once."""
        number = 0
        while not self.stopping.is_set():
            key = f"{caller}/{number}"
            accepted: Accepted = await self.until_available(partial(self.say, key, caller))
            self.acknowledged[key] = accepted.run.id
            if accepted.claim:
                await self.commit(accepted.claim)
            number += 1

    async def say(self, key: str, caller: int) -> Accepted:
        return await self.store.accept(arrival_of(key, f"caller-{caller}"), claim_for=f"worker-{caller}")

    async def commit(self, claim: Claim) -> None:
        turn = turn_of(claim)
        try:
            await self.until_available(lambda: self.store.commit(turn))
        except LeaseLost:
            return  # somebody else finishes it, or has

    async def finish(self) -> None:
        """What a worker does after an outage: the leases of the lost end, and what waits is worked."""
        async with asyncio.timeout(30):
            while await self.open_runs():
                for conversation_id in await self.store.waiting(100):
                    if claim := await self.store.claim(conversation_id, "sweeper"):
                        await self.commit(claim)
                await asyncio.sleep(0.05)  # until the leases have ended

    async def open_runs(self) -> list[str]:
        runs = [await self.store.run(run_id) for run_id in self.acknowledged.values()]
        return [run.id for run in runs if run and run.status != "completed"]

    async def check(self) -> None:
        """Everything that was acknowledged is there, done once, in a log that holds."""
        received: Counter[str] = Counter()
        for record in await self.store.conversations("shop"):
            sealed = await self.store.events(record.id, limit=100_000)
            assert chain.verify(sealed, record.head) is None
            events = [decode(one.kind, one.payload or b"") for one in sealed]
            assert fold(events) == record.state
            received.update(event.run_id for event in events if isinstance(event, MessageReceived))
        acknowledged = Counter(list(self.acknowledged.values()))
        assert max(acknowledged.values()) == max(received.values()) == 1
        # A caller that was stopped while it was in doubt may have left a message that nobody acknowledged.
        assert not acknowledged - received
        assert (received - acknowledged).total() <= CALLERS


@asynccontextmanager
async def under_load(server: PostgresServer) -> AsyncIterator[Load]:
    """Callers at work while the body breaks something; afterwards everything must be as if nothing had been."""
    stores = await open_postgres(server.url(), lease_seconds=LEASE_SECONDS)
    load = Load(store=stores.tenant())
    async with asyncio.TaskGroup() as callers:
        for caller in range(CALLERS):
            callers.create_task(load.call(caller))
        yield load
        load.stopping.set()
    await load.finish()
    await load.check()
    await stores.close()


async def more_acknowledged(load: Load, count: int) -> None:
    """Wait until so many more messages were acknowledged: it works, or works again."""
    target = len(load.acknowledged) + count
    async with asyncio.timeout(20):
        while len(load.acknowledged) < target:  # noqa: ASYNC110 - the count is what callers leave behind
            await asyncio.sleep(0.005)


async def test_sessions_that_are_cut_lose_nothing(postgres_server: PostgresServer) -> None:
    async with under_load(postgres_server) as load:
        admin = await asyncpg.connect(postgres_server.url())
        for cut in range(CUTS * 20):  # some fall between two statements
            await more_acknowledged(load, 40)
            await admin.execute(CUT)
            if cut >= CUTS and load.refused:
                break
        await more_acknowledged(load, 40)
        await admin.close()
    assert load.refused > 0, "no cut hit a statement; the test proved nothing"


async def test_a_restarted_server_loses_nothing(postgres_server: PostgresServer) -> None:
    async with under_load(postgres_server) as load:
        for end in (postgres_server.stop, postgres_server.crash, postgres_server.stop):
            await more_acknowledged(load, 40)
            await asyncio.to_thread(end)
            known = len(load.acknowledged)
            await asyncio.sleep(0.1)  # while it is away
            assert len(load.acknowledged) <= known + CALLERS  # only what had been committed before it ended
            with pytest.raises(StoreUnavailable):
                await load.store.check()
            await asyncio.to_thread(postgres_server.start)
        await more_acknowledged(load, 40)
    assert load.refused > 0


async def test_two_who_race_for_one_conversation_never_both_win(postgres_server: PostgresServer) -> None:
    """Each has a pool of its own, as two processes have, and sometimes sleeps longer than its lease."""
    lease, chance = 0.05, random.Random(7)  # noqa: S311 - seeded, so that a failure comes again
    stores = [await open_postgres(postgres_server.url(), lease_seconds=lease) for _ in range(2)]
    store = stores[0].tenant()
    runs = [(await store.accept(arrival_of(f"k-{number}", "ann"))).run for number in range(60)]
    lost = 0

    async def work(mine: PostgresStore, owner: str) -> None:
        nonlocal lost
        while await store.run(runs[-1].id) == runs[-1] or (await statuses(store, runs))["completed"] < len(runs):
            claim = await mine.claim(runs[0].conversation_id, owner)
            while claim is not None:
                if chance.random() < 0.1:
                    await asyncio.sleep(2 * lease)  # longer than the lease: the other one may take over
                try:
                    claim = await mine.commit(turn_of(claim), keep_for=owner)
                except LeaseLost:
                    lost += 1
                    claim = None
            await asyncio.sleep(0.005)  # somebody else holds it

    await asyncio.gather(work(stores[0].tenant(), "one"), work(stores[1].tenant(), "two"))
    (record,) = await store.conversations("shop")
    sealed = await store.events(record.id)
    assert chain.verify(sealed, record.head) is None
    received = [decode(one.kind, one.payload or b"") for one in sealed]
    assert [one.run_id for one in received if isinstance(one, MessageReceived)] == [run.id for run in runs]
    assert lost > 0, "nobody lost a lease; the test proved nothing"
    for opened in stores:
        await opened.close()


async def statuses(store: PostgresStore, runs: list[Any]) -> Counter[str]:
    found = [await store.run(run.id) for run in runs]
    return Counter(run.status for run in found if run)


# The connection is lost after the commit and before the answer


def lose_the_next_answer(stores: PostgresStores, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked next is done, and its answer is lost on the way."""
    rows = stores.connections.rows

    async def once(statement: str, *values: Any) -> list[Any]:
        monkeypatch.setattr(stores.connections, "rows", rows)
        await rows(statement, *values)
        raise StoreUnavailable(reason="the connection was lost", in_doubt=True)

    monkeypatch.setattr(stores.connections, "rows", once)


@pytest.mark.parametrize("keyed", [True, False])
async def test_an_arrival_whose_answer_was_lost_is_accepted_once(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, keyed: bool
) -> None:
    stores = await open_postgres(postgres_server.url())
    store, arrival = stores.tenant(), arrival_of("k-1", "ann")
    if not keyed:
        arrival = Arrival(**{**{name: getattr(arrival, name) for name in Arrival.__slots__}, "idempotency_key": None})
    lose_the_next_answer(stores, monkeypatch)
    accepted = await store.accept(arrival, claim_for="worker")
    assert not accepted.replay
    assert (accepted.run.id, accepted.run.position) == (arrival.run_id, 1)
    assert accepted.claim is not None
    await store.commit(turn_of(accepted.claim))
    await stores.close()


async def test_a_turn_whose_answer_was_lost_is_committed_once(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = await open_postgres(postgres_server.url())
    store = stores.tenant()
    first = await store.accept(arrival_of("k-1", "ann"), claim_for="worker")
    second = await store.accept(arrival_of("k-2", "ann"))
    assert first.claim is not None
    lose_the_next_answer(stores, monkeypatch)
    following = await store.commit(turn_of(first.claim), keep_for="worker")
    assert following is not None
    assert following.run.id == second.run.id
    assert await store.commit(turn_of(following)) is None
    assert await statuses(store, [first.run, second.run]) == {"completed": 2}
    await stores.close()
