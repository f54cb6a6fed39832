"""Wake-ups: who has work, most urgent first, each handed to one process (CV.34 on Redis Streams, CV.37 in process)."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from antiphon.ports import WakeUps
from antiphon.queue.memory import MemoryWakeUps
from antiphon.queue.redis import GONE_SECONDS, STREAM, RedisWakeUps
from antiphon.signals.link import RedisLink
from tests.contracts.hot import HOT_KINDS

IDLE_SECONDS = 0.3


@dataclass
class Queue:
    """The queue as two processes have it."""

    here: WakeUps
    there: WakeUps


@dataclass
class Stream:
    """A stream in Redis that no other test uses, and processes that share it."""

    url: str
    name: str
    link: RedisLink

    @asynccontextmanager
    async def process(self, consumer: str, *, idle_seconds: float = IDLE_SECONDS) -> AsyncIterator[RedisWakeUps]:
        link = await RedisLink(self.url).open()
        reader = link.beside(timeout_seconds=2)
        wake_ups = RedisWakeUps(link, reader, consumer=consumer, idle_seconds=idle_seconds, stream=self.name)
        try:
            yield wake_ups
        finally:
            await wake_ups.close()
            await reader.close()
            await link.close()

    async def ask(self, *command: str | bytes | int) -> Any:
        answers = await self.link.send(command)
        assert answers is not None
        return answers[0]

    async def lengths(self) -> list[int]:
        return [await self.ask("XLEN", self.name + level) for level in (":urgent", ":high", "", ":low")]


@asynccontextmanager
async def open_stream(url: str) -> AsyncIterator[Stream]:
    link = await RedisLink(url).open()
    yield Stream(url=url, name=f"{STREAM}:{uuid.uuid4().hex}", link=link)
    await link.close()


@pytest.fixture
async def stream(redis_url: str) -> AsyncIterator[Stream]:
    async with open_stream(redis_url) as stream:
        yield stream


@pytest.fixture(params=HOT_KINDS)
async def queue(request: pytest.FixtureRequest) -> AsyncIterator[Queue]:
    if request.param == "memory":
        wake_ups = MemoryWakeUps()
        yield Queue(here=wake_ups, there=wake_ups)
        return
    async with AsyncExitStack() as stack:
        stream = await stack.enter_async_context(open_stream(request.getfixturevalue("redis_url")))
        yield Queue(
            here=await stack.enter_async_context(stream.process("here")),
            there=await stack.enter_async_context(stream.process("there")),
        )


async def taken(wake_ups: WakeUps, number: int) -> list[str | None]:
    return [await wake_ups.next(5) for _ in range(number)]


async def settled(*processes: RedisWakeUps) -> None:
    """All that these processes said has reached Redis."""
    for process in processes:
        await process._link.send(("PING",))


# Everywhere


async def test_who_has_work_is_handed_out_in_order(queue: Queue) -> None:
    for name in "abc":
        queue.there.wake(name)
    assert await taken(queue.here, 3) == ["a", "b", "c"]


async def test_nothing_comes_when_nobody_has_work(queue: Queue) -> None:
    assert await queue.here.next(0.05) is None
    assert await queue.here.next(0) is None


async def test_somebody_who_waits_is_told_at_once(queue: Queue) -> None:
    waiting = asyncio.create_task(queue.here.next(30))
    await asyncio.sleep(0.05)  # so that it waits; were it not to, it would be told as well
    queue.there.wake("a")
    async with asyncio.timeout(5):
        assert await waiting == "a"


async def test_higher_priorities_come_first(queue: Queue) -> None:
    for name, priority in (("low", -1), ("normal", 0), ("urgent", 2), ("high", 1), ("urgent too", 2)):
        queue.there.wake(name, priority=priority)
    if isinstance(queue.there, RedisWakeUps):
        await settled(queue.there)
    assert await taken(queue.here, 5) == ["urgent", "urgent too", "high", "normal", "low"]


async def test_each_is_handed_to_one(queue: Queue) -> None:
    names = [str(number) for number in range(200)]
    for name in names:
        queue.here.wake(name)

    async def work(wake_ups: WakeUps) -> list[str]:
        found = []
        while name := await wake_ups.next(0.3):
            found.append(name)
            wake_ups.done(name)
        return found

    both = await asyncio.gather(work(queue.here), work(queue.there))
    assert sorted(both[0] + both[1], key=int) == names


async def test_the_same_may_have_work_again(queue: Queue) -> None:
    for _ in range(3):
        queue.there.wake("a")
        assert await queue.here.next(5) == "a"
        queue.here.done("a")
    assert await queue.here.next(0.05) is None


async def test_what_is_done_was_perhaps_never_taken(queue: Queue) -> None:
    queue.here.done("unknown")
    queue.here.wake("a")
    assert await queue.here.next(5) == "a"


# On Redis


async def test_what_is_done_leaves_the_stream(stream: Stream) -> None:
    async with stream.process("here") as here:
        for priority in (-9, 0, 1, 9):
            here.wake(str(priority), priority=priority)
        await settled(here)
        assert await stream.lengths() == [1, 1, 1, 1]
        for name in await taken(here, 4):
            assert name is not None
            here.done(name)
        await settled(here)
    assert await stream.lengths() == [0, 0, 0, 0]
    assert (await stream.ask("XPENDING", stream.name, "followup-workers"))[0] == 0


async def test_what_a_dead_process_took_is_handed_out_again(stream: Stream) -> None:
    async with stream.process("dead") as dead:
        dead.wake("a")
        assert await dead.next(5) == "a"
    async with stream.process("living") as living:
        async with asyncio.timeout(10 * IDLE_SECONDS):
            while await living.next(IDLE_SECONDS / 3) != "a":
                pass
        living.done("a")
        await settled(living)
    assert await stream.lengths() == [0, 0, 0, 0]


async def test_what_a_living_process_works_on_is_not_handed_to_itself(stream: Stream) -> None:
    async with stream.process("here") as here:
        here.wake("a")
        assert await here.next(5) == "a"
        assert [await here.next(IDLE_SECONDS / 2) for _ in range(6)] == [None] * 6


async def test_what_was_cut_off_while_a_dead_process_had_it_is_forgotten(stream: Stream) -> None:
    async with stream.process("dead") as dead:
        dead.wake("a")
        assert await dead.next(5) == "a"
    await stream.ask("XTRIM", stream.name, "MAXLEN", 0)
    async with stream.process("living") as living:
        async with asyncio.timeout(10 * IDLE_SECONDS):
            while (await stream.ask("XPENDING", stream.name, "followup-workers"))[0]:
                assert await living.next(IDLE_SECONDS / 3) is None


async def test_consumers_that_are_gone_leave_the_list(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    assert GONE_SECONDS >= 60
    monkeypatch.setattr("antiphon.queue.redis.GONE_SECONDS", IDLE_SECONDS)

    async def consumers() -> list[bytes]:
        return [facts[1] for facts in await stream.ask("XINFO", "CONSUMERS", stream.name, "followup-workers")]

    async with stream.process("gone") as gone:
        gone.wake("a")
        assert await gone.next(5) == "a"
        gone.done("a")
        await settled(gone)
    assert await consumers() == [b"gone"]
    async with stream.process("living") as living, asyncio.timeout(20 * IDLE_SECONDS):
        while b"gone" in await consumers():
            assert await living.next(IDLE_SECONDS / 3) is None
        living.wake("b")
        assert await living.next(5) == "b"


async def test_a_flushed_stream_and_its_group_are_made_again(stream: Stream) -> None:
    async with stream.process("here") as here, stream.process("there") as there:
        there.wake("a")
        assert await here.next(5) == "a"
        for level in (":urgent", ":high", "", ":low"):
            await stream.ask("DEL", stream.name + level)
        there.wake("b")
        assert await here.next(5) == "b"


async def test_what_is_not_ours_in_the_stream_is_passed_over(stream: Stream) -> None:
    async with stream.process("here") as here:
        await stream.ask("XADD", stream.name, "*", "job_id", "job_1")
        here.wake("a")
        assert await here.next(5) == "a"
        here.done("a")
        await settled(here)
    assert await stream.lengths() == [0, 0, 0, 0]


async def test_something_urgent_passes_by_what_was_taken_already(stream: Stream) -> None:
    async with stream.process("here") as here:
        for number in range(8):
            here.wake(str(number))
        await settled(here)
        assert await here.next(5) == "0"
        here.wake("urgent", priority=2)
        await settled(here)
        await asyncio.sleep(0.11)  # as long as it may be before it looks again
        assert await taken(here, 3) == ["urgent", "1", "2"]


async def test_waking_takes_no_time(stream: Stream) -> None:
    """It may be called within a request: it waits for nothing, and ten thousand of them are a fraction of a second."""
    async with stream.process("here") as here:
        loop = asyncio.get_running_loop()
        before = loop.time()
        for number in range(10_000):
            here.wake(str(number))
        assert loop.time() - before < 2
        await settled(here)
    assert sum(await stream.lengths()) == 10_000
