"""Lines of many processes, over Redis. What is said in this process is heard here at once, also while Redis is away;
what is published comes back to its sender as well, who knows it by its mark.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from antiphon.ports import MISSED, Heard, Link, Refused
from antiphon.signals.memory_lines import MemoryLines
from antiphon.signals.news import RedisNews

PLACE_TTL_SECONDS = 30 * 86_400  # a person who was away for longer gets what has waited once more


class RedisLines:
    """`ports.Lines` of many processes."""

    def __init__(self, link: Link, news: RedisNews) -> None:
        self._link = link
        self._news = news
        self._local = MemoryLines()
        self._mark = uuid.uuid4().hex.encode()

    def tell(self, topic: str, word: str) -> None:
        """See `ports.Lines`."""
        self._local.tell(topic, word)
        _ = self._link.send(("PUBLISH", _channel(topic), b" ".join((self._mark, word.encode()))))

    @asynccontextmanager
    async def listen(self, topic: str, heard: Heard) -> AsyncIterator[None]:
        """See `ports.Lines`."""
        channel = _channel(topic)
        async with self._local.listen(topic, heard):
            try:
                missed = partial(self._local.tell, topic, MISSED)
                await self._news.hear(channel, partial(self._published, topic), missed)
                yield
            finally:
                if self._local.listened(topic) == 1:  # nobody else here
                    self._news.leave(channel)

    async def keep(self, topic: str, place: int) -> None:
        """See `ports.Lines`."""
        await self._link.send(("SET", _place(topic), place, "EX", PLACE_TTL_SECONDS))

    async def kept(self, topic: str) -> int:
        """See `ports.Lines`."""
        answers = await self._link.send(("GET", _place(topic)))
        kept = None if answers is None or isinstance(answers[0], Refused) else answers[0]
        return int(kept) if isinstance(kept, bytes) and kept.isdigit() else 0

    def _published(self, topic: str, told: bytes) -> None:
        mark, _, word = told.partition(b" ")
        if mark != self._mark:
            self._local.tell(topic, word.decode(errors="replace"))


def _channel(topic: str) -> bytes:
    return f"antiphon:line:{topic}".encode(errors="backslashreplace")


def _place(topic: str) -> bytes:
    return f"antiphon:place:{topic}".encode(errors="backslashreplace")
