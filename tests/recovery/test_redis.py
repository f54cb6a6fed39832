"""Promise 8: losing Redis costs time, not data. Two processes' worth of engine on one store, and a Redis in trouble."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from antiphon.clock import RandomIds, SystemClock
from antiphon.core.names import ConversationId
from antiphon.core.run import ENDED, Outcome
from antiphon.engine.engine import Limits
from antiphon.engine.receive import receive
from antiphon.engine.service import Service
from antiphon.ports import WakeUps
from antiphon.queue.redis import STREAM, RedisWakeUps
from antiphon.signals.link import TIMEOUT_SECONDS, RedisLink
from antiphon.signals.outage import LOOK_SECONDS
from antiphon.testing import MemoryStore, MemoryStores
from tests.contracts.hot import RedisEnd, open_redis
from tests.engine.bench import Worker, bench, message
from tests.local_servers import RedisServer

LEASE_SECONDS = 0.6
QUICK = Limits(heartbeat_seconds=LEASE_SECONDS / 3, sweep_seconds=0.1)
SHIPPED = Limits(heartbeat_seconds=LEASE_SECONDS / 3)
BACK_SECONDS = 4 * (LOOK_SECONDS + TIMEOUT_SECONDS)  # a look may begin just before Redis is back; a busy machine


@dataclass
class Process:
    """What one process runs."""

    service: Service
    end: RedisEnd
    wake_ups: RedisWakeUps


@dataclass
class House:
    """Processes that share a store and a Redis."""

    url: str
    store: MemoryStore = field(
        default_factory=lambda: MemoryStores(clock=SystemClock(), lease_seconds=LEASE_SECONDS).tenant()
    )
    work: Worker = field(default_factory=Worker)

    @asynccontextmanager
    async def process(self, name: str, *, at_work: bool = True, limits: Limits = QUICK) -> AsyncIterator[Process]:
        async with open_redis(self.url) as end:
            reader = end.link.beside(timeout_seconds=2)
            wake_ups = RedisWakeUps(end.link, reader, consumer=name, idle_seconds=LEASE_SECONDS)
            service = self.service(name, end, wake_ups, limits)
            running = service.start() if at_work else None
            try:
                yield Process(service=service, end=end, wake_ups=wake_ups)
            finally:
                if running:
                    await service.drain(running)
                await wake_ups.close()
                await reader.close()

    def service(self, name: str, end: RedisEnd, wake_ups: WakeUps, limits: Limits = QUICK) -> Service:
        engine = bench().service.engine
        business = replace(engine.businesses["bakery"], work=self.work)
        return Service.of(
            replace(
                engine,
                owner=name,
                store=self.store,
                clock=SystemClock(),
                ids=RandomIds(),
                businesses={"bakery": business},
                signals=end.signals,
                wake_ups=wake_ups,
                hot=end.hot,
                live=frozenset({"bakery"}),
                sinks=[],
                limits=limits,
            )
        )

    async def ended(self, run_id: str) -> str:
        """How a run ended."""
        async with asyncio.timeout(20):
            while not (run := await self.store.run(run_id)) or run.status not in ENDED:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.005)
            return run.status


class Line:
    """A line to Redis that can be slow, silent or cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.delay = 0.0  # seconds that each piece of an answer takes longer
        self.silent = False  # connections stand, and nothing comes through
        self.down = False  # no connection is made
        self._writers: set[asyncio.StreamWriter] = set()
        self._calls: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Where the line begins."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        try:
            yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        finally:  # a loop that is closed before its connections are never ends
            server.close()
            self.cut()
            if self._calls:
                await asyncio.wait(self._calls)

    def cut(self) -> None:
        """End every connection at once, in the middle of whatever it carries."""
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = {writer}
        call = asyncio.current_task()
        assert call
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        try:
            if not self.down:
                there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._to)
                ends.add(there_writer)
                self._writers |= ends
                await asyncio.gather(self._carry(reader, there_writer), self._carry(there_reader, writer, back=True))
        except OSError:
            pass  # Redis is gone, or somebody hung up
        finally:
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, back: bool = False) -> None:
        while piece := await reader.read(65536):
            await asyncio.sleep(self.delay if back else 0)
            if not self.silent:
                writer.write(piece)
                await writer.drain()
        writer.transport.abort()


@pytest.fixture
def line(redis_server: RedisServer) -> Line:
    return Line(redis_server.port)


def outages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was said of Redis being away."""
    return [record.message for record in caplog.records if "Redis is away" in record.message]


async def until(holds: Callable[[], Awaitable[Any]], seconds: float = BACK_SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.02)


# The queue


async def test_work_whose_worker_was_killed_is_taken_up_again_within_two_leases(redis_server: RedisServer) -> None:
    house = House(redis_server.url)
    async with house.process("idle") as idle, house.process("killed", at_work=False) as killed:
        idle.service.engine.wake_ups.wake("nothing")  # so that it has been here, and waits
        accepted = await receive(killed.service.engine, message("hello"), claim=True)
        assert accepted.claim is not None  # and that is the last that was heard of it
        begun = time.monotonic()
        assert await house.ended(accepted.run.id) == "completed"
        assert time.monotonic() - begun < 2 * LEASE_SECONDS
    assert house.work.seen == ["hello"]


async def test_a_wake_up_that_died_with_its_worker_is_handed_on(redis_server: RedisServer) -> None:
    """Without the sweep, which would find the work first."""
    house = House(redis_server.url)
    async with house.process("killed", at_work=False) as killed:
        accepted = await receive(killed.service.engine, message("hello"))
        assert await killed.wake_ups.next(5) == accepted.run.conversation_id
    never = replace(QUICK, sweep_seconds=LEASE_SECONDS / 2, sweep_batch=0)
    begun = time.monotonic()
    async with house.process("living", limits=never):
        assert await house.ended(accepted.run.id) == "completed"
    assert time.monotonic() - begun < 2 * LEASE_SECONDS


async def test_a_long_turn_is_not_started_twice_while_its_worker_lives(redis_server: RedisServer) -> None:
    house = House(redis_server.url, work=Worker(hold=asyncio.Event()))
    async with house.process("one") as one, house.process("other"):
        accepted = await receive(one.service.engine, message("hello"))
        await house.work.started.wait()
        for _ in range(10):
            one.wake_ups.wake(accepted.run.conversation_id)
            await asyncio.sleep(LEASE_SECONDS / 2)  # five leases in all, in which the wake-up is also handed on
        assert house.work.hold
        house.work.hold.set()
        assert await house.ended(accepted.run.id) == "completed"
    assert house.work.seen == ["hello"]


class Flushed:
    """Wake-ups that are lost between being sent and being read."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link

    def wake(self, conversation_id: ConversationId, *, priority: int = 0) -> None:
        add = ("XADD", STREAM, "*", "conversation_id", conversation_id)
        _ = self._link.send(("MULTI",), add, ("FLUSHALL",), ("EXEC",))

    async def next(self, timeout: float) -> ConversationId | None:
        raise AssertionError

    def done(self, conversation_id: ConversationId) -> None:
        raise AssertionError


async def test_a_stream_that_was_flushed_delays_nothing_by_more_than_the_sweep(redis_server: RedisServer) -> None:
    house = House(redis_server.url)
    async with house.process("worker", limits=SHIPPED), open_redis(redis_server.url) as end:
        door = house.service("door", end, Flushed(end.link))
        for number in range(3):
            accepted = await receive(door.engine, message(str(number), address=str(number)))
            begun = time.monotonic()
            assert await house.ended(accepted.run.id) == "completed"
            assert time.monotonic() - begun < SHIPPED.sweep_seconds + 0.5
            await asyncio.sleep(0.3)  # so that it is not always the same moment between two sweeps


# Under load


async def stopped(server: RedisServer, line: Line) -> None:
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(1)
    await asyncio.to_thread(server.start)


async def killed(server: RedisServer, line: Line) -> None:
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)


async def flushed(server: RedisServer, line: Line) -> None:
    async with open_redis(server.url) as end:
        for _ in range(10):
            await end.link.send(("FLUSHALL",))
            await asyncio.sleep(0.1)


async def full(server: RedisServer, line: Line) -> None:
    async with open_redis(server.url) as operator:
        await operator.link.send(("CONFIG", "SET", "maxmemory", 1))
        await asyncio.sleep(1)
        await operator.link.send(("CONFIG", "SET", "maxmemory", 0))


async def cut(server: RedisServer, line: Line) -> None:
    for _ in range(10):
        line.cut()
        await asyncio.sleep(0.1)


async def slow(server: RedisServer, line: Line) -> None:
    line.delay = 0.2
    await asyncio.sleep(1)
    line.delay = 2 * TIMEOUT_SECONDS
    await asyncio.sleep(1)
    line.delay = 0


async def silent(server: RedisServer, line: Line) -> None:
    line.silent = True
    await asyncio.sleep(1)
    line.silent = False
    line.cut()


async def gone(server: RedisServer, line: Line) -> None:
    line.down = True
    line.cut()
    await asyncio.sleep(1)
    line.down = False


@pytest.mark.parametrize("trouble", [stopped, killed, flushed, full, cut, slow, silent, gone])
async def test_everything_goes_on_and_comes_back(
    redis_server: RedisServer,
    line: Line,
    caplog: pytest.LogCaptureFixture,
    trouble: Callable[[RedisServer, Line], Awaitable[None]],
) -> None:
    """Messages all the while, one process at the door and two at work: each is answered once, and in time."""
    async with line.open() as url:
        house = House(url)
        over = asyncio.Event()
        accepted: dict[str, str] = {}
        slowest = 0.0

        async def arrive(at: Process) -> None:
            nonlocal slowest
            while not over.is_set() or len(accepted) < 200:
                text = str(len(accepted))
                begun = time.monotonic()
                run = (await receive(at.service.engine, message(text, address=f"person {len(accepted) % 20}"))).run
                slowest = max(slowest, time.monotonic() - begun)
                accepted[run.id] = text
                await asyncio.sleep(0.005)

        async with AsyncExitStack() as stack:
            door = await stack.enter_async_context(house.process("door", at_work=False))
            one = await stack.enter_async_context(house.process("one", limits=SHIPPED))
            other = await stack.enter_async_context(house.process("other", limits=SHIPPED))
            arriving = asyncio.create_task(arrive(door))
            await asyncio.sleep(0.3)
            caplog.clear()
            await trouble(redis_server, line)
            over.set()
            await arriving
            for run_id in accepted:
                assert await house.ended(run_id) == "completed"
            await check_back(door, one, other)
        assert Counter(house.work.seen) == Counter(accepted.values())
        assert slowest < 2 * TIMEOUT_SECONDS  # of the messages; none waited for Redis again and again
        assert len(outages(caplog)) <= 3  # each process says it once


async def check_back(door: Process, one: Process, other: Process) -> None:
    """Every process reaches every other one again, in each of the ways."""
    for process in (door, one, other):
        await until(lambda process=process: there(process))  # type: ignore[misc]
    async with other.end.hot.watch("bakery", "after") as frames:
        await one.end.hot.put("bakery", "after", {"n": 1})
        async with asyncio.timeout(BACK_SECONDS):
            assert (await anext(frames))["state"] == {"n": 1}
    assert await door.end.hot.get("bakery", "after") == {"n": 1}
    finished = door.end.signals.finished("after")
    one.end.signals.finish("after", Outcome(status="completed"))
    async with asyncio.timeout(BACK_SECONDS):
        await finished


async def there(process: Process) -> bool:
    return await process.end.hot.away() is None


# What is seen of it


async def test_while_redis_is_away_reads_find_nothing_and_it_is_said_once(
    redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_redis(redis_server.url) as end:
        await end.hot.put("p", "r", {"n": 1})
        await asyncio.to_thread(redis_server.kill)
        for _ in range(50):
            await end.hot.put("p", "r", {"n": 2})
            await end.hot.add_step("p", "r", {"n": 2})
            assert await end.hot.get("p", "r") is None
            assert await end.hot.steps("p", "r") == []
            assert await end.hot.run_of_key("p", "k") is None
            end.signals.finish("r", Outcome(status="completed"))
        assert len(outages(caplog)) == 1
        assert "refused" in (await end.hot.away() or "").lower() or "closed" in (end.link.away or "")
        await asyncio.to_thread(redis_server.start)
        await until(lambda: _put_and_got(end))
    assert len(outages(caplog)) == 1


async def _put_and_got(end: RedisEnd) -> bool:
    await end.hot.put("p", "r", {"n": 3})
    return await end.hot.get("p", "r") == {"n": 3}


async def test_a_process_starts_without_redis_and_finds_it_later(redis_server: RedisServer) -> None:
    await asyncio.to_thread(redis_server.stop)
    house = House(redis_server.url)
    async with house.process("early") as early:
        assert await early.end.hot.away()
        accepted = await receive(early.service.engine, message("hello"))
        assert await house.ended(accepted.run.id) == "completed"
        async with early.end.hot.watch("bakery", "r") as frames:
            await early.end.hot.put("bakery", "r", {"n": 1})
            assert (await anext(frames))["state"] == {"n": 1}  # news of its own
            await asyncio.to_thread(redis_server.start)
            async with open_redis(redis_server.url) as late:
                await until(lambda: there(early))
                await until(lambda: _hears(late, early))
                await late.hot.put("bakery", "r", {"n": 2})
                async with asyncio.timeout(5):
                    while (await anext(frames))["state"] != {"n": 2}:
                        pass


async def _hears(sender: RedisEnd, hearer: Process) -> bool:
    finished = hearer.end.signals.finished("heard")
    sender.signals.finish("heard", Outcome(status="completed"))
    await asyncio.wait([finished], timeout=0.05)
    return finished.done() or finished.cancel() is None


async def test_whoever_watched_through_an_outage_is_shown_where_the_run_stands(
    redis_server: RedisServer, line: Line
) -> None:
    async with (
        line.open() as url,
        open_redis(url) as here,
        open_redis(redis_server.url) as there,
        here.hot.watch("p", "r") as frames,
    ):
        line.down = True
        line.cut()
        await until(here.hot.away)
        await there.hot.put("p", "r", {"status": "completed"})
        line.down = False
        async with asyncio.timeout(BACK_SECONDS):
            assert (await anext(frames))["state"] == {"status": "completed"}
        await there.hot.add_step("p", "r", {"n": 1})
        async with asyncio.timeout(5):
            assert (await anext(frames))["step"] == {"n": 1}


async def test_a_slow_redis_holds_no_turn_up(redis_server: RedisServer, line: Line) -> None:
    async with line.open() as url, open_redis(url) as end:
        line.delay = 0.6 * TIMEOUT_SECONDS
        begun = time.monotonic()
        for _ in range(3):
            await end.hot.put("p", "r", {"n": 1})
        assert time.monotonic() - begun < 0.6 * TIMEOUT_SECONDS  # less than a single answer takes
        assert end.link.away is None


async def test_a_full_redis_is_away_and_says_why(redis_server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with open_redis(redis_server.url) as end, open_redis(redis_server.url) as operator:
        await operator.link.send(("CONFIG", "SET", "maxmemory", 1))
        for _ in range(20):
            await end.hot.put("p", "r", {"n": 1})
        assert "maxmemory" in (end.link.away or "")
        assert len(outages(caplog)) == 1
        await operator.link.send(("CONFIG", "SET", "maxmemory", 0))
        await until(lambda: _put_and_got(end))
    assert [record.message for record in caplog.records if "Redis is back" in record.message]
