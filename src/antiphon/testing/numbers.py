"""Counters in memory."""

from antiphon.testing.tables import MemoryPart


class MemoryNumbers(MemoryPart):
    """`ports.Numbers` of one tenant."""

    async def next_number(self, counter: str) -> int:
        """See `ports.Numbers`."""
        self._tables.check_open()
        self._tables.counters[counter] += 1
        return self._tables.counters[counter]
