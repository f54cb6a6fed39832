"""Lines: what processes tell each other about people who are connected. Hints and copies, which may be lost."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

Heard: TypeAlias = Callable[[str], None]  # a word was said; must not block or raise

MISSED = ""  # the word for: something may have been said that nobody here heard


class Lines(Protocol):
    """Topics that whoever is connected listens to, in whatever process, and how far each has read.

    Nothing waits and nothing raises when the shared store is away; within a process words arrive all the same.
    """

    def tell(self, topic: str, word: str) -> None:
        """Say a word to everybody who listens to a topic, here at once. `MISSED` is never told."""
        ...

    def listen(self, topic: str, heard: Heard) -> AbstractAsyncContextManager[None]:
        """While it is open, `heard` is called with each word of a topic, those of this process included.

        What is said after it has opened is heard. Words of other processes are lost while the shared store is away;
        when it is back, `MISSED` is heard.
        """
        ...

    async def keep(self, topic: str, place: int) -> None:
        """Keep how far somebody has read, in place of what was kept before."""
        ...

    async def kept(self, topic: str) -> int:
        """How far somebody has read; 0 when nobody knows."""
        ...
