"""Wake-ups over Redis Streams: one stream for each priority, one group of consumers, a consumer for each process.

A wake-up is acknowledged, and leaves the stream, when it has been seen to. What a process took and did not live to see
to is handed out again after `idle_seconds`. None of this is needed for work to be done, as the sweep finds whatever is
lost here; it is what keeps the sweep from having much to find.
"""

import asyncio
from collections import defaultdict
from functools import partial
from typing import Any

from antiphon.core.names import ConversationId
from antiphon.ports import Answers, Command, Link, Refused
from antiphon.queue.memory import MemoryWakeUps

STREAM = "followup:dispatch"
GROUP = "followup-workers"
FIELD = b"conversation_id"  # all that an entry holds
LEVELS = {2: ":urgent", 1: ":high", 0: "", -1: ":low"}  # what the streams of priorities are called, after the first
STREAM_LENGTH = 100_000  # wake-ups kept in each, some 10 MB; the sweep finds those that were cut off
TAKEN_AT_ONCE = 8  # of each priority; an idle process beside a busy one waits for what that took until the sweep
BLOCK_SECONDS = 1.0  # that a read waits in Redis for something to come
LOOK_SECONDS = 0.1  # between two looks for something more urgent than what was taken already
PATIENCE_SECONDS = 0.05  # that what was taken waits for such a look
LINE_LENGTH = 10_000  # wake-ups kept in this process during an outage
GONE_SECONDS = 600.0  # without anything taken, after which a consumer is off the list; reading puts it there again


class RedisWakeUps:
    """`ports.WakeUps` of many processes. While Redis is away, each process keeps its own to itself."""

    def __init__(
        self,
        link: Link,
        reader: Link,
        *,
        consumer: str,
        idle_seconds: float = 30.0,  # as long as a lease: before that, a claim would be refused anyway
        stream: str = STREAM,
        group: str = GROUP,
    ) -> None:
        """`reader` is a link of its own that lets a command take longer than `BLOCK_SECONDS`."""
        self._link = link
        self._reader = reader
        self._consumer = consumer
        self._idle_ms = int(idle_seconds * 1000)
        self._group = group
        self._streams = {priority: f"{stream}{suffix}" for priority, suffix in LEVELS.items()}
        self._priorities = {stream.encode(): priority for priority, stream in self._streams.items()}
        self._line = MemoryWakeUps()  # taken from Redis, or never sent there
        self._taken: dict[ConversationId, list[tuple[str, bytes]]] = defaultdict(list)  # stream and id, until done
        self._asked = False  # somebody waits in `next`
        self._reading: asyncio.Future[Answers | None] | None = None
        self._looked_at = 0.0  # on the loop's clock
        self._reclaimed_at = 0.0
        self._reclaiming: asyncio.Task[None] | None = None

    def wake(self, conversation_id: ConversationId, *, priority: int = 0) -> None:
        """See `ports.WakeUps`. Priorities are -1 to 2; what lies beyond counts as the nearest."""
        priority = max(min(LEVELS), min(max(LEVELS), priority))
        stream = self._streams[priority]
        sent = self._link.send(("XADD", stream, "MAXLEN", "~", STREAM_LENGTH, "*", FIELD, conversation_id))
        sent.add_done_callback(partial(self._sent, conversation_id, priority))

    async def next(self, timeout: float) -> ConversationId | None:
        """See `ports.WakeUps`."""
        self._reclaim_in_time()
        self._asked = True
        try:
            self._read()
            if self._reading and self._line.highest is not None:
                await asyncio.wait((self._reading,), timeout=PATIENCE_SECONDS)  # it looks for what is more urgent
            return await self._line.next(timeout)
        finally:
            self._asked = False

    def done(self, conversation_id: ConversationId) -> None:
        """See `ports.WakeUps`."""
        self._forget(self._taken.pop(conversation_id, []))

    async def close(self) -> None:
        """Take nothing more."""
        if self._reclaiming:
            self._reclaiming.cancel()
            await asyncio.wait([self._reclaiming])

    def _sent(self, conversation_id: ConversationId, priority: int, sent: "asyncio.Future[Answers | None]") -> None:
        """What did not reach Redis is seen to here."""
        if sent.result() is None and len(self._line) < LINE_LENGTH:
            self._line.wake(conversation_id, priority=priority)

    # Reading: one read is under way while somebody waits. What it brings stands in line, whoever comes for it.

    def _read(self) -> None:
        if self._reading is not None or self._link.away is not None:
            return
        now = asyncio.get_running_loop().time()
        highest = self._line.highest
        if highest is not None and (now - self._looked_at < LOOK_SECONDS or highest >= max(LEVELS)):
            return
        self._looked_at = now
        streams = [stream for priority, stream in self._streams.items() if highest is None or priority > highest]
        # A read that waits for what is more urgent would keep the rest from being read.
        waits: Command = ("BLOCK", int(BLOCK_SECONDS * 1000)) if highest is None else ()
        command = ("XREADGROUP", "GROUP", self._group, self._consumer, "COUNT", TAKEN_AT_ONCE, *waits)
        self._reading = self._reader.send((*command, "STREAMS", *streams, *(">" for _ in streams)))
        self._reading.add_done_callback(self._arrived)

    def _arrived(self, reading: "asyncio.Future[Answers | None]") -> None:
        self._reading = None
        match reading.result():
            case [Refused() as refused] if refused.reason.startswith("NOGROUP"):
                self._make_groups().add_done_callback(self._go_on)
            case [list(streams)]:
                for name, entries in streams:
                    for entry in entries:
                        self._take(self._priorities[name], entry)
            case [None]:
                self._go_on()  # nothing came while it waited

    def _go_on(self, _made: "asyncio.Future[Answers | None] | None" = None) -> None:
        if self._asked and self._line.highest is None:
            self._read()

    def _take(self, priority: int, entry: list[Any]) -> None:
        name, fields = entry
        if fields[0] != FIELD:
            self._forget([(self._streams[priority], name)])  # somebody else's; it would come again and again
            return
        conversation_id = fields[1].decode(errors="replace")
        self._taken[conversation_id].append((self._streams[priority], name))
        self._line.wake(conversation_id, priority=priority)

    def _forget(self, entries: list[tuple[str, bytes]]) -> None:
        if entries:
            _ = self._link.send(
                *(
                    command
                    for stream, name in entries
                    for command in (("XACK", stream, self._group, name), ("XDEL", stream, name))
                )
            )

    def _make_groups(self) -> "asyncio.Future[Answers | None]":
        """At the first start, and after everything in Redis was lost. From 0: nothing that waits there is left out."""
        return self._link.send(
            *(("XGROUP", "CREATE", stream, self._group, "0", "MKSTREAM") for stream in self._streams.values())
        )

    # Handing out again what a dead process took

    def _reclaim_in_time(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._reclaimed_at >= self._idle_ms / 3000 and self._reclaiming is None:
            self._reclaimed_at = now
            self._reclaiming = asyncio.create_task(self._reclaim())

    async def _reclaim(self) -> None:
        try:
            for priority, stream in self._streams.items():
                if await self._reclaim_from(priority, stream):
                    await self._dismiss_from(stream)
        finally:
            self._reclaiming = None

    async def _reclaim_from(self, priority: int, stream: str) -> bool:
        """Whether there is such a stream with its group."""
        # Only ids: what an answer with entries says of deleted ones differs from one Redis to the next.
        command = ("XAUTOCLAIM", stream, self._group, self._consumer, self._idle_ms, "0-0")
        match await self._link.send((*command, "COUNT", 100, "JUSTID")):
            case [[_, list(names), *_]]:
                mine = {name for entries in self._taken.values() for _, name in entries}
                names = [name for name in names if name not in mine]  # a long turn of this process
            case _:
                return False
        entries = await self._link.send(*(("XRANGE", stream, name, name) for name in names)) if names else []
        for name, found in zip(names, entries or [], strict=False):
            if found:
                self._take(priority, found[0])
            else:
                self._forget([(stream, name)])  # it was cut off from the stream
        return True

    async def _dismiss_from(self, stream: str) -> None:
        """Take consumers off the list that are gone and owe nothing, or there would be one for each start."""
        match await self._link.send(("XINFO", "CONSUMERS", stream, self._group)):
            case [list(consumers)]:
                for consumer in consumers:
                    facts = dict(zip(consumer[::2], consumer[1::2], strict=True))
                    if facts[b"pending"] == 0 and facts[b"idle"] > GONE_SECONDS * 1000:
                        _ = self._link.send(("XGROUP", "DELCONSUMER", stream, self._group, facts[b"name"]))
