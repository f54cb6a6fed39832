"""The way to Redis: one connection on which whatever is waiting goes out together, in order, in one round trip.

Redis' own client keeps a pool and waits for each answer in turn. Here many callers share a round trip, as turns
share a commit in the store.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Self

from redis.asyncio.connection import AbstractConnection, Connection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from antiphon.ports import Answers, Command, Refused
from antiphon.signals.outage import Outage

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.5  # a hundred round trips; a Redis that needs longer is of no use to somebody who waits
ROUNDS = 5  # of the loop that a timeout takes at least: a process that is busy itself has not looked for the answer yet
ROUND_TRIP = 500  # commands sent together at most, so that a burst is not one batch that takes too long
BACKLOG = 20_000  # commands that may wait; more are dropped, as they would be when Redis is away

FAILURES = (RedisError, OSError, TimeoutError)  # the ways in which Redis can be away

# Answers that concern the whole store, not one command: it is full, a replica, a cluster, or not ours.
UNUSABLE = frozenset(
    {"BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "MOVED", "NOAUTH", "NOPERM", "OOM", "READONLY"}
)
EXPECTED = frozenset({"BUSYGROUP", "NOGROUP"})  # answers that the queue knows what to do with


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sending:
    """Commands of one call, on their way."""

    names: tuple[str, ...]  # of the commands
    packed: list[bytes]
    answered: asyncio.Future[Answers | None]


class RedisLink:
    """`ports.Link` to a Redis. Made within a running loop."""

    def __init__(self, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS, outage: Outage | None = None) -> None:
        """`timeout_seconds` bounds a round trip. With `outage`, another link looks whether Redis is back.

        Raises:
            ValueError: the URL is none of Redis.
        """
        self._url = url
        self._timeout = timeout_seconds
        self._connection = connection_to(url, timeout_seconds=timeout_seconds)
        self._waiting: deque[_Sending] = deque()
        self._backlog = 0  # commands in `_waiting`
        self._flushing: asyncio.Task[None] | None = None
        self._refused: set[tuple[str, str]] = set()  # what was said of commands that Redis does not carry out
        self._closed = False
        self.outage = outage or Outage("Redis", self._look, failures=FAILURES)
        self._owns_outage = outage is None

    async def open(self) -> Self:
        """Look whether Redis is there, so that `away` says so from the beginning. It need not be."""
        try:
            await self._look()
        except FAILURES as error:
            self.outage.begin(error)
        return self

    def beside(self, *, timeout_seconds: float) -> "RedisLink":
        """A link of its own connection, for commands that wait in Redis. An outage of one is an outage of both."""
        return RedisLink(self._url, timeout_seconds=timeout_seconds, outage=self.outage)

    @property
    def url(self) -> str:
        """Where Redis is, perhaps with a password."""
        return self._url

    @property
    def away(self) -> str | None:
        """See `ports.Link`."""
        return self.outage.reason

    def send(self, *commands: Command) -> asyncio.Future[Answers | None]:
        """See `ports.Link`."""
        answered: asyncio.Future[Answers | None] = asyncio.get_running_loop().create_future()
        if self.away is not None or self._closed or self._backlog >= BACKLOG:
            answered.set_result(None)
            return answered
        names = tuple(str(command[0]) for command in commands)
        packed = self._connection.pack_commands(commands)
        self._waiting.append(_Sending(names=names, packed=packed, answered=answered))
        self._backlog += len(commands)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return answered

    async def close(self) -> None:
        """Send what waits, and let go. What a link beside another one waits for in Redis is given up."""
        self._closed = True
        if self._flushing:
            if not self._owns_outage:
                self._flushing.cancel()
            await asyncio.wait([self._flushing])
        if self._owns_outage:
            await self.outage.close()
        await drop(self._connection)

    async def _flush(self) -> None:
        """Send until nothing waits. What callers ask for during a round trip shares the next one."""
        try:
            while batch := self._next_batch():
                await self._send(batch)
        finally:
            self._flushing = None

    def _next_batch(self) -> list[_Sending]:
        batch: list[_Sending] = []
        count = 0
        while self._waiting and (not batch or count + len(self._waiting[0].names) <= ROUND_TRIP):
            sending = self._waiting.popleft()
            count += len(sending.names)
            batch.append(sending)
        self._backlog -= count
        return batch

    async def _send(self, batch: list[_Sending]) -> None:
        answers: list[Answers | None] = []
        try:
            answers += await self._exchange(batch)
        except FAILURES as error:
            self.outage.begin(error)
            batch += self._waiting
            self._waiting.clear()
            self._backlog = 0
        finally:
            for sending, answer in zip_longest(batch, answers):
                if not sending.answered.done():  # nobody may be waiting any more
                    sending.answered.set_result(answer)

    async def _exchange(self, batch: list[_Sending]) -> list[Answers | None]:
        connection = self._connection
        try:
            async with patience(self._timeout):
                await connect(connection)
                packed = [part for sending in batch for part in sending.packed]
                await connection.send_packed_command(packed, check_health=False)
                return [[await self._answer(name) for name in sending.names] for sending in batch]
        except FAILURES:
            await drop(connection)
            raise

    async def _answer(self, name: str) -> Any:
        try:
            return await self._connection.read_response()
        except ResponseError as error:
            reason = f"{error.status_code or ''} {error}".strip()
            code = reason.partition(" ")[0]
            if code in UNUSABLE:
                raise
            if code not in EXPECTED and (name, code) not in self._refused:
                self._refused.add((name, code))
                log.warning("Redis refuses %s: %s", name, reason)
            return Refused(reason=reason)

    async def _look(self) -> None:
        """Write, on a connection of its own: a Redis that answers but is full or a replica is of no use."""
        connection = connection_to(self._url, timeout_seconds=self._timeout)
        try:
            async with patience(self._timeout):
                await connect(connection)
                await connection.send_command("SET", "antiphon:link", "1", "PX", 1000)
                await connection.read_response()
        finally:
            await drop(connection)


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    """`asyncio.timeout` of so many seconds in which the loop has come round: silence while it did not is its own."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None
    async with asyncio.timeout(None) as limit:

        def wait_for(rounds: int) -> None:
            nonlocal timer
            if rounds:
                timer = loop.call_later(seconds / ROUNDS, wait_for, rounds - 1)
            else:
                limit.reschedule(loop.time())

        wait_for(ROUNDS)
        try:
            yield
        finally:
            if timer:
                timer.cancel()


def connection_to(url: str, *, timeout_seconds: float) -> AbstractConnection:
    """A connection that is not open yet, and tries nothing twice.

    Raises:
        ValueError: the URL is none of Redis.
    """
    options: dict[str, Any] = dict(parse_url(url))
    kind: type[AbstractConnection] = options.pop("connection_class", Connection)
    options |= {
        "socket_timeout": None,  # whoever exchanges something bounds all of it
        "socket_connect_timeout": timeout_seconds,
        "protocol": 2,  # one kind of answer, also from servers before 6
        "driver_info": None,  # two round trips for nothing
        "retry": Retry(NoBackoff(), 0),
    }
    return kind(**options)


async def connect(connection: AbstractConnection) -> None:
    """Open it, also anew when Redis has closed it while nobody looked."""
    if connection.is_connected and await connection.can_read():
        await drop(connection)
    await connection.connect()  # type: ignore[no-untyped-call]  # redis-py declares nothing


async def drop(connection: AbstractConnection) -> None:
    """Close it without a word."""
    with suppress(*FAILURES):  # it is gone, which is what was wanted
        await connection.disconnect(nowait=True)
