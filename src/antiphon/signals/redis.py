"""Signals and hot state of many processes, over Redis. What happens in this process is told here at once, also while
Redis is away; what is published comes back to its sender as well, who knows it by its mark.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import orjson

from antiphon.core.names import Facts, PackName, RunId
from antiphon.core.run import Outcome
from antiphon.ports import Answers, Command, Frame, Refused
from antiphon.signals import wire
from antiphon.signals.link import RedisLink
from antiphon.signals.memory import MemorySignals
from antiphon.signals.news import RedisNews
from antiphon.signals.watchers import Watchers

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 0.05  # that a turn waits for what it writes here; a slow Redis must not slow it down
FINISHED = b"antiphon:finished"  # the channel of outcomes


def _mark() -> bytes:
    """What this process puts before all that it publishes."""
    return uuid.uuid4().hex.encode()


class RedisSignals:
    """`ports.Signals` of many processes. Outcomes are for those who wait; nobody else decodes them."""

    def __init__(self, link: RedisLink, news: RedisNews) -> None:
        self._link = link
        self._news = news
        self._local = MemorySignals()
        self._mark = _mark()

    async def start(self) -> None:
        """Hear of outcomes. Those missed in an outage are in the store, where whoever waited too long looks."""
        await self._news.hear(FINISHED, self._heard, lambda: None)

    def finished(self, run_id: RunId) -> asyncio.Future[Outcome]:
        """See `ports.Signals`."""
        return self._local.finished(run_id)

    def finish(self, run_id: RunId, outcome: Outcome) -> None:
        """See `ports.Signals`."""
        self._local.finish(run_id, outcome)
        told = b" ".join((self._mark, run_id.encode(), orjson.dumps(outcome)))
        _ = self._link.send(("PUBLISH", FINISHED, told))

    def _heard(self, told: bytes) -> None:
        mark, _, rest = told.partition(b" ")
        run_id, _, outcome = rest.partition(b" ")
        if mark == self._mark or not self._local.awaited(run_id.decode(errors="replace")):
            return
        try:
            self._local.finish(run_id.decode(), Outcome(**orjson.loads(outcome)))
        except (TypeError, ValueError) as error:
            # Of a process with another version. The outcome is in the store.
            log.warning("an outcome of another process cannot be read: %s", error)


class RedisHotState:
    """`ports.HotState` of many processes."""

    def __init__(
        self,
        link: RedisLink,
        news: RedisNews,
        *,
        ttl_seconds: int = wire.RUN_TTL_SECONDS,
        key_ttl_seconds: int = wire.KEY_TTL_SECONDS,
    ) -> None:
        self._link = link
        self._news = news
        self._ttl = ttl_seconds
        self._key_ttl = key_ttl_seconds
        self._watchers = Watchers()
        self._mark = _mark()

    async def put(self, pack: PackName, run_id: RunId, snapshot: Facts) -> None:
        """See `ports.HotState`."""
        state = wire.encode(snapshot)
        await self._write(
            ("SET", wire.run_key(pack, run_id), state, "EX", self._ttl),
            ("EXPIRE", wire.steps_key(pack, run_id), self._ttl),
            self._tell(pack, run_id, wire.snapshot_frame(run_id, state)),
        )

    async def get(self, pack: PackName, run_id: RunId) -> Facts | None:
        """See `ports.HotState`."""
        kept = _only(await self._link.send(("GET", wire.run_key(pack, run_id))))
        return wire.decode(kept) if isinstance(kept, bytes) else None

    async def add_step(self, pack: PackName, run_id: RunId, step: Facts) -> None:
        """See `ports.HotState`."""
        encoded, key = wire.encode(step), wire.steps_key(pack, run_id)
        await self._write(
            ("RPUSH", key, encoded),
            ("LTRIM", key, -wire.STEPS_KEPT, -1),
            ("EXPIRE", key, self._ttl),
            ("EXPIRE", wire.run_key(pack, run_id), self._ttl),
            self._tell(pack, run_id, wire.step_frame(run_id, encoded)),
        )

    async def steps(self, pack: PackName, run_id: RunId) -> list[Facts]:
        """See `ports.HotState`."""
        kept = _only(await self._link.send(("LRANGE", wire.steps_key(pack, run_id), 0, -1)))
        return [step for encoded in kept if (step := wire.decode(encoded))] if isinstance(kept, list) else []

    async def forget(self, pack: PackName, run_id: RunId) -> None:
        """See `ports.HotState`."""
        await self._write(("DEL", wire.run_key(pack, run_id), wire.steps_key(pack, run_id)))

    async def remember_key(self, pack: PackName, key: str, run_id: RunId) -> None:
        """See `ports.HotState`."""
        await self._write(("SET", wire.idempotency_key(pack, key), run_id, "EX", self._key_ttl))

    async def run_of_key(self, pack: PackName, key: str) -> RunId | None:
        """See `ports.HotState`."""
        kept = _only(await self._link.send(("GET", wire.idempotency_key(pack, key))))
        return kept.decode(errors="replace") if isinstance(kept, bytes) else None

    @asynccontextmanager
    async def watch(self, pack: PackName, run_id: RunId) -> AsyncIterator[AsyncIterator[Frame]]:
        """See `ports.HotState`."""
        channel = wire.news_channel(pack, run_id)
        with self._watchers.watching(channel) as watcher:
            try:
                await self._news.hear(channel, partial(self._heard, channel), partial(self._missed, pack, run_id))
                yield watcher
            finally:
                if self._watchers.alone(channel):
                    self._news.leave(channel)

    async def away(self) -> str | None:
        """See `ports.HotState`. Redis is asked, so that an outage is noticed also while nothing happens."""
        await self._link.send(("PING",))
        return self._link.away

    async def _write(self, *commands: Command) -> None:
        """Send, and wait a little, so that whoever is answered next finds it there."""
        await asyncio.wait((self._link.send(*commands),), timeout=PATIENCE_SECONDS)

    def _tell(self, pack: PackName, run_id: RunId, frame: bytes) -> Command:
        """Tell the watchers of this process; the command tells those of the others."""
        channel = wire.news_channel(pack, run_id)
        self._watchers.offer(channel, frame)
        return ("PUBLISH", channel, b" ".join((self._mark, frame)))

    def _heard(self, channel: bytes, told: bytes) -> None:
        mark, _, frame = told.partition(b" ")
        if mark != self._mark:
            self._watchers.offer(channel, frame)

    def _missed(self, pack: PackName, run_id: RunId) -> None:
        """Show where the run stands after an outage."""
        asked = self._link.send(("GET", wire.run_key(pack, run_id)))
        asked.add_done_callback(partial(self._catch_up, pack, run_id))

    def _catch_up(self, pack: PackName, run_id: RunId, asked: "asyncio.Future[Answers | None]") -> None:
        state = None if asked.cancelled() else _only(asked.result())
        if isinstance(state, bytes) and wire.decode(state) is not None:
            self._watchers.offer(wire.news_channel(pack, run_id), wire.snapshot_frame(run_id, state))


def _only(answers: Answers | None) -> object:
    """The answer to a single command; None as well when there is none."""
    return None if answers is None or isinstance(answers[0], Refused) else answers[0]
