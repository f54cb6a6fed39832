"""What lists and use cases ask of contacts, conversations, processes and follow-ups."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from antiphon.core.contact import ContactDetails
from antiphon.core.conversation import Conversation
from antiphon.core.effect import KeptEffect
from antiphon.core.event import BindingMigrated, BindingMoved
from antiphon.core.follow_up import Closed, FollowUpStatus, follow_up_status
from antiphon.core.names import ContactId, ConversationId, Facts, Moment, PackName, RunId


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancel:
    """Follow-ups of the turn's conversation that are no longer to be performed: those that are pending."""

    kinds: frozenset[str]  # `followup`, `check` or both; other kinds are not cancelled so
    binding_id: str | None = None  # of this binding alone


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRecord:
    """A person."""

    id: ContactId
    details: ContactDetails
    created_at: Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class BindingRecord:
    """A binding as lists see it, open or ended: the projection of its events."""

    id: str
    conversation_id: ConversationId
    contact_id: ContactId
    pack: PackName
    process_type: str
    version: str
    state: str
    entity_id: str | None
    entity_type: str | None
    business_data: Facts
    is_terminal: bool
    created_at: Moment
    updated_at: Moment
    resolved_at: Moment | None  # when it came to its end


@dataclass(frozen=True, kw_only=True, slots=True)
class MoveRecord:
    """A move of a binding, from the log."""

    at: Moment
    sequence: int
    moved: BindingMoved | BindingMigrated


@dataclass(frozen=True, kw_only=True, slots=True)
class BindingQuery:
    """Which bindings a list shows, newest first."""

    pack: PackName
    process_type: str | None = None
    state: str | None = None
    contact_id: ContactId | None = None
    conversation_id: ConversationId | None = None
    entity: tuple[str, str] | None = None  # type and id
    open_only: bool = False
    limit: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationQuery:
    """Which conversations a list shows, newest first."""

    pack: PackName
    status: str | None = None
    channel: str | None = None  # one that was used
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ConversationItem:
    """A conversation in a list."""

    id: ConversationId
    contact_id: ContactId
    state: Conversation
    created_at: Moment
    updated_at: Moment
    resolved_at: Moment | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUpQuery:
    """Which follow-ups a list shows, newest first. Scheduled checks are follow-ups too."""

    pack: PackName
    statuses: frozenset[FollowUpStatus] = frozenset()  # any of these; empty: whichever
    contact_id: ContactId | None = None
    limit: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowUpRecord:
    """An effect of the kinds `followup` and `check`, with what lists show of it."""

    kept: KeptEffect  # its effect names the binding; it has settled_at, and the detail of the latest attempt
    contact_id: ContactId
    created_at: Moment
    started_at: Moment | None  # when it was last begun
    closed: Closed | None

    @property
    def status(self) -> FollowUpStatus:
        """Where it stands, in the words of lists."""
        return follow_up_status(self.kept.status, self.closed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Figures of a pack, counted now."""

    conversations: Mapping[str, int]  # by status
    channels: Mapping[str, int]  # conversations by active channel
    contacts: int  # with a name, of whatever pack: people belong to none
    follow_ups: Mapping[FollowUpStatus, int]
    bindings: Mapping[str, Mapping[str, int]]  # by process and state
    open_bindings: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """An effect without a run, such as the next firing of a schedule. The key decides: it is kept once."""

    key: str
    kind: str
    payload: Facts
    due_at: Moment
    repeatable: bool = True
    max_attempts: int = 5


class Contacts(Protocol):
    """Who people are."""

    async def save_contact(self, details: ContactDetails, contact_id: ContactId, at: Moment) -> ContactId:
        """Keep what is known of a person; whose id it is in the store.

        Somebody with the same external id, or with one of the addresses, is that person; what is new is added, and
        an address that is somebody else's stays theirs. Else `contact_id` is used.
        """
        ...

    async def contact(self, contact_id: ContactId) -> ContactRecord | None:
        """One person, or None."""
        ...

    async def contact_of(self, external_id: str) -> ContactRecord | None:
        """The person whom the business knows by that id, or None."""
        ...

    async def contacts(self, *, limit: int = 50, offset: int = 0) -> list[ContactRecord]:
        """People with a name, newest first; a visitor who gave none is in no list."""
        ...


class ProcessViews(Protocol):
    """Reads about processes and follow-ups. They never wait for a writer."""

    async def conversation_list(self, query: ConversationQuery) -> list[ConversationItem]:
        """A page of conversations, newest first."""
        ...

    async def bindings(self, query: BindingQuery) -> list[BindingRecord]:
        """Bindings, newest first."""
        ...

    async def binding(self, binding_id: str) -> BindingRecord | None:
        """One binding, or None."""
        ...

    async def moves(self, binding: BindingRecord) -> list[MoveRecord]:
        """The moves of a binding in order, from the log of its conversation."""
        ...

    async def follow_ups(self, query: FollowUpQuery) -> list[FollowUpRecord]:
        """Follow-ups, newest first."""
        ...

    async def tally(self, pack: PackName) -> Tally:
        """Figures of a pack."""
        ...


class Promises(Protocol):
    """Effects that no run brought."""

    async def promise(self, promises: tuple[Promise, ...], run_id: RunId = "") -> None:
        """Keep them, each under its key; those that are kept already stay as they are."""
        ...
