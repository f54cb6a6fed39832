"""Hot state: what is shown of a run while it goes on, in one process and in many (AF.21 to AF.23, AF.55)."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from antiphon.ports import HotState
from antiphon.signals import wire
from antiphon.signals.memory import MemoryHotState
from antiphon.signals.watchers import FRAMES_KEPT
from antiphon.testing import SettableClock
from tests.contracts.hot import HOT_KINDS, HotKind, RedisEnd, open_redis, two_ends

SNAPSHOT = {"run_id": "r", "status": "running", "change": {"data": {"n": [1, 2.5, None, True], "who": "Zoë 🙂"}}}


@dataclass
class Ends:
    """The hot state as two processes have it, and a pack that no other test uses."""

    here: HotState
    there: HotState
    pack: str


@pytest.fixture
def pack() -> str:
    return f"autoflow-{uuid.uuid4().hex}"


@pytest.fixture(params=HOT_KINDS)
async def ends(request: pytest.FixtureRequest, clock: SettableClock, pack: str) -> AsyncIterator[Ends]:
    kind: HotKind = request.param
    url = request.getfixturevalue("redis_url") if kind == "redis" else ""
    async with two_ends(kind, url, clock) as (here, there):
        yield Ends(here=here.hot, there=there.hot, pack=pack)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[RedisEnd]:
    async with open_redis(redis_url) as end:
        yield end


async def frame(frames: AsyncIterator[Any]) -> Any:
    async with asyncio.timeout(5):
        return await anext(frames)


async def ask(end: RedisEnd, *command: str | bytes | int) -> Any:
    answers = await end.link.send(command)
    assert answers is not None
    return answers[0]


# Kept


async def test_a_snapshot_is_there_for_every_process(ends: Ends) -> None:
    assert await ends.here.get(ends.pack, "r") is None
    await ends.here.put(ends.pack, "r", SNAPSHOT)
    assert await ends.there.get(ends.pack, "r") == SNAPSHOT
    await ends.there.put(ends.pack, "r", {"status": "completed"})
    assert await ends.here.get(ends.pack, "r") == {"status": "completed"}


async def test_a_snapshot_does_not_change_with_what_it_was_made_from(ends: Ends) -> None:
    made: dict[str, Any] = {"steps": [1]}
    await ends.here.put(ends.pack, "r", made)
    made["steps"].append(2)
    assert await ends.here.get(ends.pack, "r") == {"steps": [1]}


async def test_steps_are_kept_in_order(ends: Ends) -> None:
    assert await ends.here.steps(ends.pack, "r") == []
    for place, end in enumerate([ends.here, ends.there, ends.here]):
        await end.add_step(ends.pack, "r", {"agent": "faq_agent", "place": place})
    assert [step["place"] for step in await ends.there.steps(ends.pack, "r")] == [0, 1, 2]
    assert await ends.there.get(ends.pack, "r") is None


async def test_only_the_latest_steps_of_an_endless_run_are_kept(ends: Ends) -> None:
    async with asyncio.TaskGroup() as group:
        for place in range(wire.STEPS_KEPT + 5):
            group.create_task(ends.here.add_step(ends.pack, "r", {"place": place}))
    kept = await ends.here.steps(ends.pack, "r")  # a reading goes out behind the writings of its process
    assert [step["place"] for step in kept] == list(range(5, wire.STEPS_KEPT + 5))


async def test_runs_and_packs_are_kept_apart(ends: Ends) -> None:
    await ends.here.put(ends.pack, "r", {"n": 1})
    await ends.here.put(ends.pack, "s", {"n": 2})
    await ends.here.put(f"{ends.pack}x", "r", {"n": 3})
    assert await ends.here.get(ends.pack, "r") == {"n": 1}
    await ends.here.forget(ends.pack, "r")
    assert await ends.here.get(ends.pack, "s") == {"n": 2}
    assert await ends.here.get(f"{ends.pack}x", "r") == {"n": 3}


async def test_forgetting_a_run_leaves_nothing(ends: Ends) -> None:
    await ends.here.put(ends.pack, "r", SNAPSHOT)
    await ends.here.add_step(ends.pack, "r", {"n": 1})
    await ends.there.forget(ends.pack, "r")
    assert await ends.here.get(ends.pack, "r") is None
    assert await ends.here.steps(ends.pack, "r") == []
    await ends.here.forget(ends.pack, "unknown")


@pytest.mark.parametrize("run_id", ["", "a b\r\nDEL x", "nul\0", "\ud800", "*", "ü" * 10_000], ids=range(6))
async def test_an_id_that_is_no_id_is_an_unknown_id(ends: Ends, run_id: str) -> None:
    assert await ends.here.get(ends.pack, run_id) is None
    assert await ends.here.steps(ends.pack, run_id) == []
    await ends.here.forget(ends.pack, run_id)
    async with ends.here.watch(ends.pack, run_id):
        pass


async def test_the_run_of_an_idempotency_key_is_remembered(ends: Ends) -> None:
    assert await ends.here.run_of_key(ends.pack, "key") is None
    for key, run_id in (("key", "r"), ("other", "s"), ("k" * 10_240, "t"), ("\ud800", "u")):
        await ends.here.remember_key(ends.pack, key, run_id)
        assert await ends.there.run_of_key(ends.pack, key) == run_id
    assert await ends.here.run_of_key(ends.pack, "key") == "r"
    assert await ends.here.run_of_key(f"{ends.pack}x", "key") is None


async def test_it_is_not_away(ends: Ends) -> None:
    assert await ends.here.away() is None


# Watched


async def test_a_watcher_sees_steps_and_snapshots_from_whatever_process(ends: Ends) -> None:
    async with ends.here.watch(ends.pack, "r") as frames:
        await ends.there.put(ends.pack, "r", SNAPSHOT)
        assert await frame(frames) == {"type": "snapshot", "run_id": "r", "state": SNAPSHOT}
        await ends.here.add_step(ends.pack, "r", {"agent": "ü"})
        assert await frame(frames) == {"type": "step", "run_id": "r", "step": {"agent": "ü"}}
        await ends.there.put(ends.pack, "r", {"status": "completed"})
        assert (await frame(frames))["state"] == {"status": "completed"}


async def test_a_frame_comes_once(ends: Ends) -> None:
    async with ends.here.watch(ends.pack, "r") as frames:
        for place in range(20):
            await (ends.here, ends.there)[place % 2].add_step(ends.pack, "r", {"place": place})
        seen = [(await frame(frames))["step"]["place"] for _ in range(20)]
        await ends.there.put(ends.pack, "r", {})
        assert (await frame(frames))["type"] == "snapshot"
    assert sorted(seen) == list(range(20))


async def test_whoever_watches_first_and_then_looks_misses_nothing(ends: Ends) -> None:
    """Steps are added all the while; what `steps` does not hold yet comes as a frame."""

    async def go_on() -> None:
        for place in range(60):
            await ends.there.add_step(ends.pack, "r", {"place": place})
            if place == 10:
                begun.set()

    for _ in range(5):
        begun = asyncio.Event()
        await ends.here.forget(ends.pack, "r")
        going_on = asyncio.create_task(go_on())
        await begun.wait()
        async with ends.here.watch(ends.pack, "r") as frames:
            seen = {step["place"] for step in await ends.here.steps(ends.pack, "r")}
            while len(seen) < 60:
                seen.add((await frame(frames))["step"]["place"])
        await going_on


async def test_a_watcher_sees_nothing_of_other_runs(ends: Ends) -> None:
    async with ends.here.watch(ends.pack, "r") as frames:
        await ends.there.put(ends.pack, "s", {"n": 1})
        await ends.there.put(f"{ends.pack}x", "r", {"n": 2})
        await ends.there.put(ends.pack, "r", {"n": 3})
        assert (await frame(frames))["state"] == {"n": 3}


async def test_one_watcher_may_leave_and_another_stay(ends: Ends) -> None:
    async with ends.here.watch(ends.pack, "r") as staying:
        async with ends.here.watch(ends.pack, "r") as leaving:
            await ends.there.put(ends.pack, "r", {"n": 1})
            assert await frame(staying) == await frame(leaving)
        await ends.there.put(ends.pack, "r", {"n": 2})
        assert (await frame(staying))["state"] == {"n": 2}
    async with ends.here.watch(ends.pack, "r") as later:
        await ends.there.put(ends.pack, "r", {"n": 3})
        assert (await frame(later))["state"] == {"n": 3}


async def test_a_wait_may_be_cancelled_and_begun_again(ends: Ends) -> None:
    """As between two heartbeats of a WebSocket."""
    async with ends.here.watch(ends.pack, "r") as frames:
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(frames)
        for place in range(3):
            await ends.there.add_step(ends.pack, "r", {"place": place})
        assert [(await frame(frames))["step"]["place"] for _ in range(3)] == [0, 1, 2]


async def test_a_watcher_that_does_not_read_loses_the_oldest_and_holds_nobody_up(ends: Ends) -> None:
    async with ends.here.watch(ends.pack, "r") as asleep, ends.here.watch(ends.pack, "r") as awake:
        for place in range(FRAMES_KEPT * 2):
            await ends.there.add_step(ends.pack, "r", {"place": place})
            assert (await frame(awake))["step"]["place"] == place
        assert (await frame(asleep))["step"]["place"] == FRAMES_KEPT


# In process


async def test_what_nobody_touched_for_its_time_is_gone(clock: SettableClock) -> None:
    hot = MemoryHotState(clock=clock)
    await hot.put("p", "r", {"n": 1})
    clock.advance(3599)
    await hot.add_step("p", "r", {"n": 2})  # prolongs both
    clock.advance(3599)
    assert await hot.get("p", "r") == {"n": 1}
    clock.advance(1)
    assert await hot.get("p", "r") is None
    assert await hot.steps("p", "r") == []
    await hot.put("p", "r", {"n": 3})
    assert await hot.steps("p", "r") == []


async def test_a_key_is_remembered_for_a_day(clock: SettableClock) -> None:
    hot = MemoryHotState(clock=clock)
    await hot.remember_key("p", "k", "r")
    clock.advance(86_399)
    assert await hot.run_of_key("p", "k") == "r"
    clock.advance(1)
    assert await hot.run_of_key("p", "k") is None


async def test_the_run_that_changed_longest_ago_makes_room(clock: SettableClock) -> None:
    hot = MemoryHotState(clock=clock, runs_kept=2)
    for run_id in ("a", "b", "a", "c"):
        await hot.put("p", run_id, {"of": run_id})
    assert [await hot.get("p", run_id) for run_id in "abc"] == [{"of": "a"}, None, {"of": "c"}]


# On Redis


async def test_af_21_and_af_22_keys_and_times(redis: RedisEnd, pack: str) -> None:
    run, steps = f"{pack}:run:r", f"{pack}:steps:r"
    await redis.hot.add_step(pack, "r", {"n": 1})
    await redis.hot.put(pack, "r", {"status": "running"})
    assert await ask(redis, "GET", run) == b'{"status":"running"}'
    assert await ask(redis, "LRANGE", steps, 0, -1) == [b'{"n":1}']
    for change in (redis.hot.put(pack, "r", {}), redis.hot.add_step(pack, "r", {})):
        for key in (run, steps):
            await ask(redis, "EXPIRE", key, 10)
        await change
        assert [await ask(redis, "TTL", key) for key in (run, steps)] == [3600, 3600]


async def test_af_23_key_and_time(redis: RedisEnd, pack: str) -> None:
    await redis.hot.remember_key(pack, "my key", "r")
    key = f"{pack}:idempotency:{hashlib.sha256(b'my key').hexdigest()}"
    assert await ask(redis, "GET", key) == b"r"
    assert await ask(redis, "TTL", key) == 86_400


async def test_what_others_wrote_under_our_keys_is_no_news(redis: RedisEnd, pack: str) -> None:
    await ask(redis, "SET", f"{pack}:run:r", "no JSON {")
    await ask(redis, "SET", f"{pack}:steps:r", "no list")
    assert await redis.hot.get(pack, "r") is None
    assert await redis.hot.steps(pack, "r") == []
    await redis.hot.add_step(pack, "r", {})
    assert await redis.hot.away() is None


async def test_af_55_one_connection_hears_for_all_watchers(redis: RedisEnd, redis_url: str, pack: str) -> None:
    watched = asyncio.Barrier(501)

    async def watch(number: int) -> None:
        async with redis.hot.watch(pack, str(number)) as frames:
            await watched.wait()
            assert (await frame(frames))["state"] == {"n": number}

    async with open_redis(redis_url) as there, asyncio.TaskGroup() as group:
        for number in range(500):
            group.create_task(watch(number))
        await watched.wait()
        clients = (await ask(redis, "CLIENT", "LIST")).decode().splitlines()
        assert [client for client in clients if " sub=501 " in client]  # the runs, and the outcomes
        for number in range(500):
            await there.hot.put(pack, str(number), {"n": number})
    # Nobody watches any more. What this end says after having left is heard after it.
    async with redis.hot.watch(pack, "last"):
        assert await ask(redis, "PUBSUB", "CHANNELS", f"{pack}:*") == [f"{pack}:news:last".encode()]
