"""The real clock and real chance."""

from datetime import UTC, datetime

from antiphon.chance import new_id, random_bytes
from antiphon.core.names import Moment


class SystemClock:
    """The machine's time."""

    def now(self) -> Moment:
        """Now, UTC."""
        return datetime.now(UTC)


class RandomIds:
    """Ids and secrets from the machine's source of randomness."""

    def new(self) -> str:
        """A uuid4."""
        return new_id()

    def secret(self, size: int) -> bytes:
        """That many bytes that nobody can guess."""
        return random_bytes(size)
