"""Wake-ups within one process."""

import asyncio

from antiphon.core.names import ConversationId


class MemoryWakeUps:
    """A line of conversations with work; one that stands in it already is not added again."""

    def __init__(self) -> None:
        self._line: dict[ConversationId, None] = {}
        self._news = asyncio.Event()

    def wake(self, conversation_id: ConversationId) -> None:
        """Say that a conversation has work."""
        self._line[conversation_id] = None
        self._news.set()

    async def next(self, timeout: float) -> ConversationId | None:
        """The conversation that has waited longest, or None after `timeout` seconds."""
        if not self._line:
            self._news.clear()
            try:
                async with asyncio.timeout(timeout):
                    await self._news.wait()
            except TimeoutError:
                return None
        conversation_id = next(iter(self._line))
        del self._line[conversation_id]
        return conversation_id
