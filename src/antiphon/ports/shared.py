"""What several processes share."""

from asyncio import Future
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from antiphon.core.names import (
    Moment,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """What a shared store answers to a command that it does not carry out."""

    reason: str  # in its own words, beginning with a code: "NOGROUP No such key ..."


Command: TypeAlias = tuple[str | bytes | int | float, ...]  # as the store's protocol has it: ("GET", "autoflow:run:1")


Answers: TypeAlias = list[Any]  # one for each command, in order; Refused for what was not carried out


class Link(Protocol):
    """One process's way to a store that processes share, and that may be away. In process there is none.

    While it is away nothing waits and nothing raises; it comes back by itself.
    """

    @property
    def away(self) -> str | None:
        """Why the store cannot be used, as far as this process knows; None when it can."""
        ...

    def send(self, *commands: Command) -> Future[Answers | None]:
        """The answers to commands, or None when they may not have been carried out.

        Commands go out in the order of the calls, those of many calls in one round trip. Nobody need wait for the
        answers.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether one more is allowed, and what is left."""

    allowed: bool
    limit: int  # in one window
    remaining: int  # in this window
    reset_at: Moment  # when the window ends
    retry_after: float  # seconds until one more is allowed; 0 when it is


class Limiter(Protocol):
    """Rate limits: how often in a window of time, by key."""

    async def hit(self, key: str, limit: str) -> Verdict:
        """Count one more of `key` against a limit such as "60/minute".

        Raises:
            ValueError: the limit cannot be read; check those of settings at the start.
        """
        ...
