"""Lines: what processes tell each other about people who are connected, in one process and in many (CV.20)."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from antiphon.ports import MISSED, Lines
from antiphon.signals.link import RedisLink
from antiphon.signals.memory_lines import MemoryLines
from antiphon.signals.news import RedisNews
from antiphon.signals.redis_lines import RedisLines
from tests.contracts.hot import HOT_KINDS
from tests.local_servers import RedisServer
from tests.server import free_port


@dataclass
class Ends:
    """What two processes hold; in process both are one."""

    here: Lines
    there: Lines


@asynccontextmanager
async def on_redis(url: str) -> AsyncIterator[RedisLines]:
    link = await RedisLink(url).open()
    news = RedisNews(link)
    news.start()
    try:
        yield RedisLines(link, news)
    finally:
        await news.close()
        await link.close()


@pytest.fixture(params=HOT_KINDS)
async def ends(request: pytest.FixtureRequest) -> AsyncIterator[Ends]:
    if request.param == "memory":
        lines = MemoryLines()
        yield Ends(here=lines, there=lines)
        return
    url = request.getfixturevalue("redis_url")
    async with on_redis(url) as here, on_redis(url) as there:
        yield Ends(here=here, there=there)


@pytest.fixture
def topic() -> str:
    return f"chat:at:{uuid.uuid4()}"


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is looked at is a plain list; the timeout bounds it
            await asyncio.sleep(0.005)


async def test_a_word_is_heard_in_every_process_once_and_in_order(ends: Ends, topic: str) -> None:
    near: list[str] = []
    far: list[str] = []
    async with ends.here.listen(topic, near.append), ends.there.listen(topic, far.append):
        for word in ("one", "zwei 🙂", "three words now"):
            ends.here.tell(topic, word)
        assert near == ["one", "zwei 🙂", "three words now"]  # in the same process at once
        await until(lambda: len(far) >= 3)
        ends.there.tell(topic, "last")
        await until(lambda: "last" in near)
    assert near == far == ["one", "zwei 🙂", "three words now", "last"]


async def test_topics_are_kept_apart_and_whoever_left_hears_nothing(ends: Ends, topic: str) -> None:
    other: list[str] = []
    left: list[str] = []
    heard: list[str] = []
    async with ends.there.listen(topic, left.append):
        pass
    async with ends.there.listen(f"{topic}x", other.append), ends.there.listen(topic, heard.append):
        ends.here.tell(topic, "word")
        await until(lambda: bool(heard))
    assert (other, left) == ([], [])


async def test_many_listen_in_one_process_and_one_leaves(ends: Ends, topic: str) -> None:
    first: list[str] = []
    second: list[str] = []
    async with ends.there.listen(topic, first.append):
        async with ends.there.listen(topic, second.append):
            ends.here.tell(topic, "both")
            await until(lambda: bool(first and second))
        ends.here.tell(topic, "one")
        await until(lambda: "one" in first)
    assert second == ["both"]


async def test_how_far_somebody_has_read_is_known_everywhere(ends: Ends, topic: str) -> None:
    assert await ends.here.kept(topic) == 0
    await ends.here.keep(topic, 7)
    assert await ends.there.kept(topic) == 7
    await ends.there.keep(topic, 12)
    assert await ends.here.kept(topic) == 12


async def test_the_place_that_was_kept_longest_ago_makes_room() -> None:
    lines = MemoryLines(places_kept=2)
    for topic, place in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        await lines.keep(topic, place)
    assert [await lines.kept(topic) for topic in "abc"] == [3, 0, 4]


async def test_promise_8_words_of_this_process_need_no_redis(topic: str) -> None:
    heard: list[str] = []
    async with on_redis(f"redis://127.0.0.1:{free_port()}/0") as alone, alone.listen(topic, heard.append):
        alone.tell(topic, "word")
        await alone.keep(topic, 7)
        assert await alone.kept(topic) == 0
    assert heard == ["word"]


async def test_promise_8_after_an_outage_it_is_said_that_words_may_be_missing(
    redis_server: RedisServer, topic: str
) -> None:
    heard: list[str] = []
    async with on_redis(redis_server.url) as lines, lines.listen(topic, heard.append):
        redis_server.stop()
        redis_server.start()
        await until(lambda: MISSED in heard)


async def test_a_place_that_is_none_is_none(redis_url: str, topic: str) -> None:
    async with on_redis(redis_url) as lines:
        await lines._link.send(("SET", f"antiphon:place:{topic}", "x"))
        assert await lines.kept(topic) == 0
