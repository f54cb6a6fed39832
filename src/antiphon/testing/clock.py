"""A clock that stands still until it is told to move."""

from datetime import UTC, datetime, timedelta

from antiphon.core.names import Moment

START = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)  # any moment would do; a known one makes failures readable


class SettableClock:
    """`ports.Clock` that shows what it was set to."""

    def __init__(self, at: Moment = START) -> None:
        self._now = START
        self.set(at)

    def now(self) -> Moment:
        """The time that it was set to, aware and UTC."""
        return self._now

    def set(self, at: Moment) -> None:
        """Show this time; it may lie in the past, as after a clock was corrected.

        Raises:
            ValueError: the time is naive.
        """
        if at.tzinfo is None:
            raise ValueError(f"{at} has no time zone")
        self._now = at.astimezone(UTC)

    def advance(self, seconds: float) -> Moment:
        """Move on by so many seconds, and say what time it is then."""
        self._now += timedelta(seconds=seconds)
        return self._now
