"""A process that is busy itself does not take Redis for away (AF.42): live news and shared limits would suffer."""

import asyncio
import time
from typing import Any

import pytest

from antiphon.signals.link import RedisLink, patience
from tests.local_servers import RedisServer

BUSY_SECONDS = 0.2  # of one round of the loop; longer than the links here have patience


def keep_busy(rounds: int) -> None:
    """Hold the loop up, as a burst of requests does, for so many of its rounds."""
    time.sleep(BUSY_SECONDS)
    if rounds > 1:
        asyncio.get_running_loop().call_soon(keep_busy, rounds - 1)


async def test_an_answer_that_came_while_the_loop_was_busy_counts(redis_server: RedisServer) -> None:
    link = await RedisLink(redis_server.url, timeout_seconds=BUSY_SECONDS / 2).open()
    try:
        assert await link.send(("PING",)) == [b"PONG"]
        asked: list[Any] = [link.send(("PING",)) for _ in range(3)]
        asyncio.get_running_loop().call_soon(keep_busy, 4)
        assert await asyncio.gather(*asked) == [[b"PONG"]] * 3
        assert link.away is None
    finally:
        await link.close()


async def test_silence_in_an_idle_loop_ends_in_time() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        async with patience(0.1):
            await asyncio.Event().wait()
    assert 0.1 <= time.monotonic() - began < 1


async def test_who_is_in_time_is_not_ended() -> None:
    async with patience(0.05):
        await asyncio.sleep(0)
    await asyncio.sleep(0.1)  # past the time: nothing is left that could end this task
