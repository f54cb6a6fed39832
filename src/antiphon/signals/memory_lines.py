"""Lines within one process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from antiphon.ports import Heard

PLACES_KEPT = 100_000  # some 20 MB; the one that was kept longest ago makes room


class MemoryLines:
    """`ports.Lines` of one process."""

    def __init__(self, *, places_kept: int = PLACES_KEPT) -> None:
        self._heard: dict[str, list[Heard]] = {}
        self._places: dict[str, int] = {}  # in the order in which they were kept
        self._places_kept = places_kept

    def tell(self, topic: str, word: str) -> None:
        """See `ports.Lines`."""
        for heard in tuple(self._heard.get(topic, ())):
            heard(word)

    @asynccontextmanager
    async def listen(self, topic: str, heard: Heard) -> AsyncIterator[None]:
        """See `ports.Lines`."""
        self._heard.setdefault(topic, []).append(heard)
        try:
            yield
        finally:
            self._heard[topic].remove(heard)
            if not self._heard[topic]:
                del self._heard[topic]

    def listened(self, topic: str) -> int:
        """How many listen to a topic."""
        return len(self._heard.get(topic, ()))

    async def keep(self, topic: str, place: int) -> None:
        """See `ports.Lines`."""
        self._places.pop(topic, None)
        self._places[topic] = place
        while len(self._places) > self._places_kept:
            del self._places[next(iter(self._places))]

    async def kept(self, topic: str) -> int:
        """See `ports.Lines`."""
        return self._places.get(topic, 0)
