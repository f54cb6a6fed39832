"""What is worked, kept and told."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from antiphon.core.contact import ContactDetails
from antiphon.core.effect import Attempted, KeptEffect
from antiphon.core.names import (
    ConversationId,
    Facts,
    Moment,
)
from antiphon.core.pack import PackDef
from antiphon.core.proposal import Proposal
from antiphon.core.run import Claim
from antiphon.ports.store import CompletedTurn


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What a turn is worked from."""

    claim: Claim
    pack: PackDef
    at: Moment  # when it is worked; delays count from here
    contact: ContactDetails | None = None  # who it is with; left out where no process asks


Work: TypeAlias = Callable[[Turn], Awaitable[Proposal]]  # the turn graph, as the engine sees it


Render: TypeAlias = Callable[[str, Facts], str]  # a reply's name and its facts to the text


class Performer(Protocol):
    """Whoever keeps one kind of effect."""

    async def perform(self, effect: KeptEffect) -> Attempted:
        """Try once. Failures are outcomes, not exceptions; an exception counts as an unknown outcome."""
        ...


@runtime_checkable
class Resuming(Performer, Protocol):
    """A performer that can say something of an attempt whose performer died."""

    async def resume(self, effect: KeptEffect) -> Attempted:
        """How the lost attempt went, if that can be found out; else another one where a repeat does no harm."""
        ...


Performers: TypeAlias = Mapping[str, Performer]  # by effect kind


class Sink(Protocol):
    """Whoever is told what was committed, before the caller is answered."""

    async def committed(self, turn: CompletedTurn) -> None:
        """Take note of a turn. A sink's own trouble is its own: it recovers from the store."""
        ...

    async def erased(self, conversation_id: ConversationId) -> None:
        """Write anew what was written of a conversation: something of it is in the store no more."""
        ...
