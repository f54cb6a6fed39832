"""The real clock and real chance."""

import os
import uuid
from datetime import UTC, datetime

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
        return str(uuid.uuid4())

    def secret(self, size: int) -> bytes:
        """That many bytes that nobody can guess."""
        return os.urandom(size)
