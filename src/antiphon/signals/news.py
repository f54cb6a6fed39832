"""News of other processes: channels of Redis, all of them heard on one connection."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from redis.asyncio.connection import AbstractConnection

from antiphon.ports import Command
from antiphon.signals.link import FAILURES, TIMEOUT_SECONDS, RedisLink, connect, connection_to, drop, patience

PING_SECONDS = 5.0  # of silence, after which Redis is asked whether it is there; twice that and it is not
PAUSE_SECONDS = 0.1  # before a connection that broke is made anew

Heard: TypeAlias = Callable[[bytes], None]  # what was published; must not block or raise
Missed: TypeAlias = Callable[[], None]  # something may have been published that nobody here heard


@dataclass(kw_only=True, slots=True)
class _Ear:
    heard: Heard
    missed: Missed
    ready: asyncio.Event = field(default_factory=asyncio.Event)  # Redis has confirmed
    tired: bool = False  # somebody went on without the confirmation


class RedisNews:
    """What this process hears. It subscribes anew by itself, and says where it may have missed something."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._ears: dict[bytes, _Ear] = {}
        self._unconfirmed: Counter[bytes] = Counter()  # subscriptions that were asked for, by channel
        self._connection: AbstractConnection | None = None  # while it is open
        self._outgoing: list[Command] = []
        self._writing: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen. Redis need not be there."""
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Hear nothing more."""
        tasks = [task for task in (self._listening, self._writing) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def hear(self, channel: bytes, heard: Heard, missed: Missed) -> None:
        """Hear a channel. What is published after this returns is heard, unless Redis is away."""
        ear = self._ears.get(channel)
        if ear is None:
            ear = self._ears[channel] = _Ear(heard=heard, missed=missed)
            self._ask("SUBSCRIBE", channel)
        if not ear.ready.is_set() and self._link.away is None:
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    await ear.ready.wait()
            except TimeoutError:
                pass  # what comes meanwhile is missed, and is said to be
        ear.tired = not ear.ready.is_set()

    def leave(self, channel: bytes) -> None:
        """Hear a channel no more."""
        if self._ears.pop(channel, None):
            self._ask("UNSUBSCRIBE", channel)

    def _ask(self, name: str, channel: bytes) -> None:
        """Send a command. Without a connection there is no need: the next one begins with all subscriptions."""
        if self._connection is None:
            return
        if name == "SUBSCRIBE":
            self._unconfirmed[channel] += 1
        self._say((name, channel))

    def _say(self, command: Command) -> None:
        self._outgoing.append(command)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._outgoing and (connection := self._connection):
                commands, self._outgoing = self._outgoing, []
                await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
        except FAILURES:
            pass  # whoever reads from it notices too, and makes it anew
        finally:
            self._writing = None

    async def _listen(self) -> None:
        while True:
            await self._link.outage.over()
            connection = connection_to(self._link.url, timeout_seconds=TIMEOUT_SECONDS)
            try:
                await self._begin(connection)
                await self._read(connection)
            except FAILURES as error:
                self._link.outage.begin(error)
            finally:
                self._connection = None
                self._outgoing.clear()
                await drop(connection)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _begin(self, connection: AbstractConnection) -> None:
        async with patience(TIMEOUT_SECONDS):
            await connect(connection)
        self._connection = connection
        self._unconfirmed.clear()
        for channel in self._ears:
            self._ask("SUBSCRIBE", channel)

    async def _read(self, connection: AbstractConnection) -> None:
        asked = False  # whether it is there
        while True:
            message = await connection.read_response(timeout=PING_SECONDS)
            if message is not None:
                asked = False
                self._take(message)
            elif asked:
                raise TimeoutError("it does not answer on the connection for news")
            else:
                asked = True
                self._say(("PING",))

    def _take(self, message: Any) -> None:
        match message:
            case [b"message", bytes(channel), bytes(payload)]:
                if ear := self._ears.get(channel):
                    ear.heard(payload)
            case [b"subscribe", bytes(channel), _]:
                self._confirm(channel)
            case _:
                pass  # an answer to PING or UNSUBSCRIBE

    def _confirm(self, channel: bytes) -> None:
        self._unconfirmed[channel] -= 1
        if self._unconfirmed[channel] > 0:
            return  # it was left and asked for again: the later confirmation counts
        del self._unconfirmed[channel]
        if ear := self._ears.get(channel):
            may_have_missed = ear.ready.is_set() or ear.tired
            ear.ready.set()
            if may_have_missed:
                ear.missed()
