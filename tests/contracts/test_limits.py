"""Rate limits: how often in a window, by key, in one process and in many (AF.14)."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from antiphon.core.errors import SettingInvalid
from antiphon.limits.memory import MemoryLimiter
from antiphon.limits.redis import RedisLimiter
from antiphon.limits.window import check_limit
from antiphon.ports import Limiter
from antiphon.signals.link import RedisLink
from tests.contracts.hot import HOT_KINDS
from tests.server import free_port


@pytest.fixture
async def link(redis_url: str) -> AsyncIterator[RedisLink]:
    link = await RedisLink(redis_url).open()
    yield link
    await link.close()


@pytest.fixture(params=HOT_KINDS)
def limiters(request: pytest.FixtureRequest) -> tuple[Limiter, Limiter]:
    """As two processes have it."""
    if request.param == "memory":
        limiter = MemoryLimiter()
        return limiter, limiter
    link = request.getfixturevalue("link")
    return RedisLimiter(link), RedisLimiter(link)


@pytest.fixture
def key() -> str:
    return f"webhook:{uuid.uuid4()}"


async def test_af_14_so_many_are_allowed_and_no_more(limiters: tuple[Limiter, Limiter], key: str) -> None:
    here, there = limiters
    before = datetime.now(UTC)
    verdicts = [await (here, there)[number % 2].hit(key, "3/minute") for number in range(5)]
    assert [(verdict.allowed, verdict.limit, verdict.remaining) for verdict in verdicts] == [
        (True, 3, 2),
        (True, 3, 1),
        (True, 3, 0),
        (False, 3, 0),
        (False, 3, 0),
    ]
    for verdict in verdicts:
        assert 58 <= (verdict.reset_at - before).total_seconds() <= 62
        assert (verdict.retry_after == 0) == verdict.allowed
    assert 58 <= verdicts[-1].retry_after <= 60


async def test_keys_are_counted_apart(limiters: tuple[Limiter, Limiter], key: str) -> None:
    for other in (key, f"{key}:b", f"{key} c\r\n", f"{key}\ud800"):
        assert (await limiters[0].hit(other, "1/hour")).allowed
        assert not (await limiters[1].hit(other, "1/hour")).allowed


async def test_when_the_window_has_ended_more_are_allowed(limiters: tuple[Limiter, Limiter], key: str) -> None:
    assert (await limiters[0].hit(key, "1/second")).allowed
    refused = await limiters[0].hit(key, "1/second")
    assert not refused.allowed
    await asyncio.sleep(refused.retry_after + 0.01)
    assert (await limiters[1].hit(key, "1/second")).allowed


async def test_many_at_once_are_counted_each(limiters: tuple[Limiter, Limiter], key: str) -> None:
    verdicts = await asyncio.gather(*(limiters[number % 2].hit(key, "60/minute") for number in range(100)))
    assert sum(verdict.allowed for verdict in verdicts) == 60


@pytest.mark.parametrize("limit", ["60/minute", "60 per minute", "5/10 seconds", "1000/day", "1/second"])
def test_limits_that_can_be_read(limit: str) -> None:
    assert check_limit("WEBHOOK_RATE_LIMIT", limit) == limit


@pytest.mark.parametrize("limit", ["", "sixty", "60", "60/fortnight", "/minute", "0/minute", "-1/minute", "1/s;2/m"])
async def test_a_limit_that_cannot_be_read_is_an_error_that_names_the_setting(limit: str, key: str) -> None:
    with pytest.raises(
        SettingInvalid, match=r"WEBHOOK_RATE_LIMIT is .*, which is no rate limit; write it like 60/minute"
    ):
        check_limit("WEBHOOK_RATE_LIMIT", limit)
    with pytest.raises(ValueError, match=r"."):
        await MemoryLimiter().hit(key, limit)


async def test_a_counter_always_has_an_end(link: RedisLink, key: str) -> None:
    await RedisLimiter(link).hit(key, "5/minute")
    answers = await link.send(("KEYS", f"limits:*{key}*"))
    assert answers is not None
    (name,) = answers[0]
    answers = await link.send(("TTL", name))
    assert answers is not None
    assert 58 <= answers[0] <= 60


async def test_promise_8_without_redis_each_process_counts_for_itself(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    link = await RedisLink(f"redis://127.0.0.1:{free_port()}/0").open()
    try:
        here, there = RedisLimiter(link), RedisLimiter(link)
        for limiter in (here, there):
            verdicts = [await limiter.hit(key, "2/minute") for _ in range(3)]
            assert [verdict.allowed for verdict in verdicts] == [True, True, False]
    finally:
        await link.close()
    said = [record.message for record in caplog.records if "rate limits" in record.message]
    assert len(said) == 2  # by each once
