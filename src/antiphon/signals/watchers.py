"""Watchers of this process: whoever wants to see the frames of a run, as they come."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import orjson

from antiphon.ports import Frame

FRAMES_KEPT = 32  # for a watcher that does not read, some 25 KiB; a run has about ten


class Watcher:
    """The frames that one reader has not read yet. They stay encoded until then, which is a fifth of the memory."""

    __slots__ = ("_frames", "_news")

    def __init__(self) -> None:
        self._frames: deque[bytes] = deque(maxlen=FRAMES_KEPT)  # the oldest is dropped
        self._news = asyncio.Event()

    def offer(self, frame: bytes) -> None:
        """One more frame; never blocks."""
        self._frames.append(frame)
        self._news.set()

    def __aiter__(self) -> "Watcher":
        return self

    async def __anext__(self) -> Frame:
        while not self._frames:
            self._news.clear()
            await self._news.wait()  # cancelled here, nothing has been taken
        frame: Frame = orjson.loads(self._frames.popleft())
        return frame


class Watchers:
    """Who watches which channel."""

    def __init__(self) -> None:
        self._by_channel: dict[bytes, set[Watcher]] = {}

    def offer(self, channel: bytes, frame: bytes) -> None:
        """Hand a frame to whoever watches."""
        for watcher in self._by_channel.get(channel, ()):
            watcher.offer(frame)

    @contextmanager
    def watching(self, channel: bytes) -> Iterator[Watcher]:
        """A watcher of a channel, for as long as this lasts."""
        watcher = Watcher()
        self._by_channel.setdefault(channel, set()).add(watcher)
        try:
            yield watcher
        finally:
            watchers = self._by_channel[channel]
            watchers.discard(watcher)
            if not watchers:
                del self._by_channel[channel]

    def alone(self, channel: bytes) -> bool:
        """Whether one watches, and nobody else."""
        return len(self._by_channel.get(channel, ())) == 1
