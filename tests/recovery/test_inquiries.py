"""Inquiries that are acknowledged are finished, each once (AF.15, AF.24, AF.26, AF.42): two processes on one PostgreSQL
and one Redis, both of which go away and come back meanwhile; and bursts that are larger than the door.

The full drills: make drills
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from redis import Redis

from antiphon.core.event import MessageReceived, decode
from antiphon.core.run import ENDED
from antiphon.engine.audit import audit
from antiphon.ports import Depths, RunQuery, Store
from antiphon.storage.postgres import open_postgres
from tests.local_servers import PostgresServer, RedisServer
from tests.recovery.inquirers import Inquirers, Line, inquiry_of, until
from tests.server import Server

PACK = Path(__file__).parents[2] / "packs" / "autoflow"
PAGE = 500

DRILL = (pytest.mark.drill, pytest.mark.timeout(300))  # in full; the suite has smaller ones


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """Only the pack that inquiries are for: the start is quicker."""
    (folder := tmp_path / "packs").mkdir()
    (folder / PACK.name).symlink_to(PACK)
    return folder


@contextmanager
def two_servers(folder: Path, packs: Path, env: dict[str, str]) -> Iterator[tuple[Server, Server]]:
    """Two processes that serve and work. What one of them loses, the other takes up soon."""
    env = {"WEBHOOK_RATE_LIMIT": "1000000/minute", "LEASE_SECONDS": "2", "APP_ENV": "production", **env}
    one, two = (Server(folder / name, packs=packs, env=env) for name in ("one", "two"))
    with ExitStack() as stack:
        for server in (one, two):  # side by side: each start takes seconds
            stack.push(server)
            server.start()
        yield one.ready(), two.ready()


@asynccontextmanager
async def store_of(url: str) -> AsyncIterator[Store]:
    """What a look into the database sees."""
    stores = await open_postgres(url)
    try:
        yield stores.tenant()
    finally:
        await stores.close()


async def trouble(inquirers: Inquirers, postgres: PostgresServer, redis: RedisServer) -> None:
    """Everything that may go away does, twice, while inquiries come in."""
    for share in (0.1, 0.5):
        await inquirers.until(share)
        await asyncio.to_thread(postgres.stop)  # as for an upgrade: its sessions are ended
        await seen_away(inquirers)
        await asyncio.to_thread(postgres.start)
        await inquirers.until(share + 0.1)
        with Redis.from_url(redis.url) as client:
            client.flushall()
        await inquirers.until(share + 0.2)
        await asyncio.to_thread(postgres.crash)
        await asyncio.to_thread(postgres.start)
        await inquirers.until(share + 0.3)
        await asyncio.to_thread(redis.kill)
        await inquirers.until(share + 0.35)  # accepted without it
        await asyncio.to_thread(redis.start)


async def seen_away(inquirers: Inquirers) -> None:
    """Wait until somebody was told that the store is away."""
    before = inquirers.refused[503]

    async def told() -> bool:
        return inquirers.refused[503] > before

    await until(told)


async def worked_off(store: Store) -> None:
    """Wait until nothing waits and nothing is being worked."""

    async def nothing() -> bool:
        depths: Depths = await store.depths()
        return depths.waiting == 0

    await until(nothing)


async def check(store: Store, inquirers: Inquirers) -> None:
    """Each inquiry is one run, in one conversation, with one end, one set of steps, and a log that proves it."""
    listed = await runs_of(store)
    assert Counter(inquirers.acknowledged.values()) == Counter(listed), "lost, or worked for nobody"
    audited = [one async for one in audit(store)]
    assert len(audited) == len(listed)
    assert [one for one in audited if one.broken or not one.folded] == []
    for key, run_id in inquirers.acknowledged.items():
        run = await store.run(run_id)
        assert run is not None
        assert run.change.data["sender_email"] == inquiry_of(int(key.removeprefix("key-")))["sender_email"]
        assert run.status in ENDED - {"failed"}, run
        assert run.outcome is not None
        steps = [step.node for step in await store.steps(run_id)]
        assert len(steps) == len(set(steps)) >= 3, steps
        events = [decode(one.kind, one.payload or b"") for one in await store.events(run.conversation_id)]
        assert [one.run_id for one in events if isinstance(one, MessageReceived)] == [run_id]


async def runs_of(store: Store) -> list[str]:
    """Every run of the pack."""
    found: list[str] = []
    before = None
    while page := await store.runs(RunQuery(pack=PACK.name, limit=PAGE, before=before)):
        found += [run.id for run in page]
        before = (page[-1].created_at, page[-1].id)
    return found


@pytest.mark.parametrize(
    "inquiries", [pytest.param(300), pytest.param(2_000, marks=DRILL)], ids=lambda number: f"{number}"
)
async def test_af_24_no_acknowledged_inquiry_is_lost_and_each_is_finished_once(
    tmp_path: Path, packs: Path, postgres_server: PostgresServer, redis_server: RedisServer, inquiries: int
) -> None:
    """Whoever was not acknowledged was told 503, and the same key makes no second run."""
    env = {"DATABASE_URL": postgres_server.url(), "REDIS_URL": redis_server.url}
    with two_servers(tmp_path, packs, env) as servers:
        inquirers = Inquirers(ports=[server.port for server in servers], inquiries=inquiries)
        await asyncio.gather(inquirers.bring_all(), trouble(inquirers, postgres_server, redis_server))
        assert set(inquirers.refused) == {503}, inquirers.refused
        async with store_of(postgres_server.url()) as store:
            await worked_off(store)
            await check(store, inquirers)
        for server in servers:
            assert server.client.get("/health").json()["status"] == "ok"
            assert server.stop() == 0


@pytest.mark.parametrize(
    ("inquiries", "limit"),
    [pytest.param(1_000, 150), pytest.param(10_000, 1_000, marks=DRILL)],
    ids=lambda number: f"{number}",
)
async def test_af_14_of_a_burst_what_is_accepted_is_finished_and_the_rest_is_told_when_to_come_again(
    tmp_path: Path, packs: Path, postgres_url: str, redis_url: str, inquiries: int, limit: int
) -> None:
    """Both processes count together, so that no second door doubles the limit."""
    env = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "RATE_LIMIT_STORAGE": "redis"}
    with two_servers(tmp_path, packs, {**env, "WEBHOOK_RATE_LIMIT": f"{limit}/hour"}) as servers:
        async with store_of(postgres_url) as store:
            before = set(await runs_of(store))
            answers = await burst([server.port for server in servers], inquiries)
            await worked_off(store)
            kept = set(await runs_of(store)) - before
            ended = [await store.run(run_id) for run_id in kept]
    told = Counter(status for status, _, _ in answers)
    accepted = [body["run_id"] for status, _, body in answers if status == 200]
    assert len(set(accepted)) == len(accepted)
    assert kept >= set(accepted)
    assert len(kept) <= limit  # one whose answer was lost may have been kept, and is worked
    assert {run.status for run in ended if run} <= ENDED - {"failed"}
    assert told[429] == inquiries - limit
    assert told[200] + told[503] == limit  # counted, but the store had no room in time
    refused = [headers for status, headers, _ in answers if status != 200]
    assert all(1 <= int(headers["retry-after"]) <= 3600 for headers in refused)


async def burst(ports: list[int], inquiries: int) -> list[tuple[int, dict[str, str], dict[str, str]]]:
    """All of them at once, as far as connections go; the answers."""
    connections = min(inquiries, 500)  # more would be waiting for the same two processes

    async def talk(place: int) -> list[tuple[int, dict[str, str], dict[str, str]]]:
        async with Line(ports[place % len(ports)]) as line:
            return [await line.post(inquiry_of(number)) for number in range(place, inquiries, connections)]

    talks = await asyncio.gather(*(talk(place) for place in range(connections)))
    return [answer for answers in talks for answer in answers]
