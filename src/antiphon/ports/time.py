"""Time, chance and names."""

from typing import Protocol

from antiphon.core.names import (
    Moment,
)


class Clock(Protocol):
    """What time it is."""

    def now(self) -> Moment:
        """The time, aware and UTC."""
        ...


class Ids(Protocol):
    """Names that nobody else has, and bytes that nobody can guess."""

    def new(self) -> str:
        """A uuid4 in its usual form."""
        ...

    def secret(self, size: int) -> bytes:
        """That many random bytes."""
        ...
