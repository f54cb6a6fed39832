"""Wake-ups within one process."""

import asyncio
from bisect import insort

from antiphon.core.names import ConversationId


class MemoryWakeUps:
    """A line of conversations for each priority; one that stands in it already is not added again."""

    def __init__(self) -> None:
        self._lines: dict[int, dict[ConversationId, None]] = {}
        self._priorities: list[int] = []  # of the lines in which somebody stands, lowest first
        self._news = asyncio.Event()

    def wake(self, conversation_id: ConversationId, *, priority: int = 0) -> None:
        """See `ports.WakeUps`."""
        if priority not in self._lines:
            self._lines[priority] = {}
            insort(self._priorities, priority)
        self._lines[priority][conversation_id] = None
        self._news.set()

    async def next(self, timeout: float) -> ConversationId | None:
        """The one that has waited longest at the highest priority, or None after `timeout` seconds."""
        if not self._lines:
            self._news.clear()
            try:
                async with asyncio.timeout(timeout):
                    await self._news.wait()
            except TimeoutError:
                return None
        return self.take()

    @property
    def highest(self) -> int | None:
        """The highest priority at which somebody waits, or None when nobody does."""
        return self._priorities[-1] if self._priorities else None

    def take(self) -> ConversationId | None:
        """The same at once."""
        if not self._lines:
            return None
        priority = self._priorities[-1]
        line = self._lines[priority]
        conversation_id = next(iter(line))
        del line[conversation_id]
        if not line:
            del self._lines[priority]
            self._priorities.pop()
        return conversation_id

    def done(self, conversation_id: ConversationId) -> None:
        """Nothing: what this process took dies with it, and the sweep of another finds it."""

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))
