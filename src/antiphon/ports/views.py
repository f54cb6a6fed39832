"""Reads for lists, exports and proofs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from antiphon.core.chain import SealedEvent
from antiphon.core.conversation import Conversation
from antiphon.core.effect import EffectStatus
from antiphon.core.lead import Lead
from antiphon.core.names import (
    ContactId,
    ConversationId,
    Moment,
    PackName,
    RunId,
)
from antiphon.core.run import Run, RunStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationRecord:
    """A conversation as exports and lists see it."""

    id: ConversationId
    contact_id: ContactId
    pack: PackName
    pack_version: str
    space: str
    address: str
    state: Conversation
    sequence: int
    head: bytes
    created_at: Moment
    updated_at: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadRecord:
    """A lead with where and when it was captured."""

    lead: Lead
    conversation_id: ConversationId
    run_id: RunId
    pack: PackName
    captured_at: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A message of a transcript."""

    role: Literal["user", "assistant"]
    text: str
    at: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class StrayEvent:
    """An event that no conversation can own."""

    conversation_id: ConversationId  # as it is written there
    sequence: int  # its place in that conversation's log
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RunQuery:
    """Which runs of a pack a list shows, newest first."""

    pack: PackName
    limit: int = 50
    before: tuple[Moment, RunId] | None = None  # created_at and id of the last one of the page before
    statuses: frozenset[RunStatus] = frozenset()  # any of these; empty: whichever
    intent: str | None = None  # of the outcome
    text: str | None = None  # stands, in whatever case, in the words that came in, or who sent them with what subject


@dataclass(frozen=True, kw_only=True, slots=True)
class Depths:
    """How much there is to do."""

    waiting: int  # conversations with a run that no turn was committed for, whether somebody holds them or not
    waiting_since: Moment | None  # when the oldest run of theirs came
    effects: Mapping[EffectStatus, int]  # those that are not settled for good, by status; 0 where there is none


class Views(Protocol):
    """Reads for lists, exports and proofs. They never wait for a writer."""

    async def runs(self, query: RunQuery) -> list[Run]:
        """A page of runs, newest first: by the time of their arrival, then by id."""
        ...

    async def depths(self) -> Depths:
        """How much there is to do, counted now; quick however much was done before."""
        ...

    async def conversation_ids(self, *, after: ConversationId = "", limit: int = 1000) -> list[ConversationId]:
        """The ids of every pack's conversations in order, from the one after `after`."""
        ...

    async def conversation(self, conversation_id: ConversationId) -> ConversationRecord | None:
        """One conversation, or None.

        Raises:
            StoreDamaged: what is stored of it is no conversation.
        """
        ...

    async def conversations_with(self, address: str, *, limit: int = 100) -> list[ConversationRecord]:
        """Conversations, in the order of their ids, of whoever has that outside address, in any space and pack.

        For people who look something up: it may look at every address of the store.
        """
        ...

    async def conversations(self, pack: PackName, *, after: str = "", limit: int = 100) -> list[ConversationRecord]:
        """Conversations in the order of their ids, from the one after `after`."""
        ...

    async def conversation_at(self, pack: PackName, space: str, address: str) -> ConversationRecord | None:
        """The conversation of an outside id with a pack, or None."""
        ...

    async def events(self, conversation_id: ConversationId, *, after: int = 0, limit: int = 1000) -> list[SealedEvent]:
        """A conversation's events in order, from the one after sequence `after`.

        Raises:
            StoreDamaged: one of them is no event; it is named.
        """
        ...

    async def stray_events(self, *, limit: int = 100) -> list[StrayEvent]:
        """Events of conversations that are not there, or placed before a log's beginning. Nothing of ours writes such.

        For proofs: it looks at every event of the store.
        """
        ...

    async def transcripts(self, conversation_ids: Sequence[ConversationId]) -> dict[ConversationId, list[Said]]:
        """What was said in each of these conversations, in order; what was erased is left out."""
        ...

    async def leads(self, pack: PackName, *, after: str = "", limit: int = 1000) -> list[LeadRecord]:
        """Leads in the order of their numbers (shorter ids first), from the one after `after`."""
        ...
