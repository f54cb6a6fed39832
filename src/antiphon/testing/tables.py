"""What a memory store remembers of one tenant. The modules beside this one read and change it."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from antiphon.core import conversation as conversations
from antiphon.core.chain import FIRST_HEAD, SealedEvent
from antiphon.core.contact import ContactAddress, ContactDetails
from antiphon.core.conversation import Conversation
from antiphon.core.effect import KeptEffect
from antiphon.core.errors import StoreUnavailable
from antiphon.core.names import (
    ContactId,
    ConversationId,
    EffectKey,
    Facts,
    Moment,
    PackName,
    Position,
    RunId,
    Sequence,
)
from antiphon.core.run import Arrival, Run
from antiphon.core.step import Step
from antiphon.ports import BindingRecord, Clock, Closed, ContactRecord, KeptMap, LeadRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """Who holds something, and until when."""

    owner: str
    until: Moment

    def ended(self, now: Moment) -> bool:
        """Whether somebody else may take it."""
        return self.until <= now


@dataclass(kw_only=True, slots=True)
class Line:
    """A conversation with its runs in order of arrival: a line in which one is served at a time."""

    id: ConversationId
    contact_id: ContactId
    pack: PackName
    pack_version: str
    space: str
    address: str
    created_at: Moment
    updated_at: Moment
    state: Conversation = field(default_factory=Conversation)
    sequence: Sequence = 0
    head: bytes = FIRST_HEAD
    events: list[SealedEvent] = field(default_factory=list)
    runs: dict[Position, Run] = field(default_factory=dict)  # those that were erased have left gaps
    last_position: Position = 0  # of the latest arrival
    worked: Position = 0  # the position up to which nothing waits
    fence: int = 0
    lease: Lease | None = None
    resolved_at: Moment | None = None

    @property
    def waits(self) -> bool:
        """Whether there is a run that no turn was committed for."""
        return self.worked < self.last_position

    @property
    def unworked(self) -> list[Run]:
        """The runs that no turn was committed for, in order."""
        return self.behind(self.worked)

    def behind(self, position: Position) -> list[Run]:
        """The runs after a position, in order."""
        places = range(position + 1, self.last_position + 1)
        return [self.runs[place] for place in places if place in self.runs]

    def work_off(self, position: Position) -> None:
        """Nothing up to this position waits, nor in the gap behind it."""
        behind = self.behind(position)
        self.worked = behind[0].position - 1 if behind else self.last_position

    def free(self, now: Moment) -> bool:
        """Whether it may be claimed."""
        return self.lease is None or self.lease.ended(now)

    def put(self, run: Run) -> None:
        """A run as it stands now, in its place."""
        self.runs[run.position] = run

    def stand(self, state: Conversation, at: Moment) -> None:
        """The state from now on."""
        resolved = state.status == "resolved"
        self.resolved_at = (self.resolved_at or at) if resolved else None
        self.state, self.updated_at = state, at

    def change_hands(self, lease: Lease | None) -> None:
        """Hold, or give back, and move the fence: whoever held it before holds nothing now."""
        self.fence += 1
        self.lease = lease


@dataclass(kw_only=True, slots=True)
class KeptRow:
    """An effect and who performs it."""

    kept: KeptEffect
    created_at: Moment
    lease: Lease | None = None
    started_at: Moment | None = None  # of the latest attempt
    closed: Closed | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyUse:
    """The first use of an idempotency key."""

    run_id: RunId
    fingerprint: str | None


@dataclass(kw_only=True, slots=True)
class Tables:
    """Everything of one tenant."""

    lines: dict[ConversationId, Line] = field(default_factory=dict)
    contacts: dict[tuple[str, str], ContactId] = field(default_factory=dict)  # by space and address
    addresses: dict[tuple[str, str], ContactAddress] = field(default_factory=dict)  # the same, as they are known
    people: dict[ContactId, ContactRecord] = field(default_factory=dict)  # without addresses
    bindings: dict[str, BindingRecord] = field(default_factory=dict)
    by_contact: dict[tuple[ContactId, PackName], ConversationId] = field(default_factory=dict)
    places: dict[RunId, tuple[ConversationId, Position]] = field(default_factory=dict)  # where a run stands
    keys: dict[tuple[PackName, str, str], KeyUse] = field(default_factory=dict)  # by pack, space and key
    steps: dict[RunId, tuple[Step, ...]] = field(default_factory=dict)
    effects: dict[EffectKey, KeptRow] = field(default_factory=dict)
    open_effects: set[EffectKey] = field(default_factory=set)  # pending or performing; the others pile up
    leads: dict[str, LeadRecord] = field(default_factory=dict)
    passages: dict[PackName, dict[str, str]] = field(default_factory=dict)  # content by id
    counters: Counter[str] = field(default_factory=Counter)
    intents: dict[tuple[PackName, str], str] = field(default_factory=dict)  # digest by pack and version
    maps: dict[tuple[PackName, str, str], KeptMap] = field(default_factory=dict)  # by pack, process and version
    closed: bool = False

    def check_open(self) -> None:
        """Nothing, while the store is open.

        Raises:
            StoreUnavailable: it was closed.
        """
        if self.closed:
            raise StoreUnavailable(reason="the store is closed")

    def line_at(self, pack: PackName, space: str, address: str) -> Line | None:
        """The conversation of an outside id with a pack, or None."""
        contact_id = self.contacts.get((space, address))
        if contact_id is None or (contact_id, pack) not in self.by_contact:
            return None
        return self.lines[self.by_contact[contact_id, pack]]

    def line_for(self, arrival: Arrival) -> Line:
        """The conversation that an arrival belongs to, begun here if it is the first."""
        known = self.line_at(arrival.pack, arrival.space, arrival.address)
        if known is not None:
            return known
        contact_id = self._person_for(arrival)
        self.by_contact[contact_id, arrival.pack] = arrival.conversation_id
        line = self.lines[arrival.conversation_id] = Line(
            id=arrival.conversation_id,
            contact_id=contact_id,
            pack=arrival.pack,
            pack_version=arrival.pack_version,
            space=arrival.space,
            address=arrival.address,
            created_at=arrival.at,
            updated_at=arrival.at,
        )
        return line

    def _person_for(self, arrival: Arrival) -> ContactId:
        place = arrival.space, arrival.address
        if place not in self.contacts:
            details = ContactDetails(external_id=None, name=arrival.contact_name or "")
            self.people[arrival.contact_id] = ContactRecord(
                id=arrival.contact_id, details=details, created_at=arrival.at
            )
            self.contacts[place] = arrival.contact_id
            self.addresses[place] = ContactAddress(space=arrival.space, address=arrival.address)
        return self.contacts[place]

    def run(self, run_id: RunId) -> Run | None:
        """One run as it stands now, or None."""
        if run_id not in self.places:
            return None
        conversation_id, position = self.places[run_id]
        return self.lines[conversation_id].runs[position]


class MemoryPart:
    """One part of a memory store. All parts of a tenant stand on the same tables."""

    def __init__(self, tables: Tables, clock: Clock, lease_seconds: float) -> None:
        self._tables = tables
        self._clock = clock
        self._lease_time = timedelta(seconds=lease_seconds)

    def _lease_end(self) -> Moment:
        """When a lease that is taken or renewed now will end."""
        return self._clock.now() + self._lease_time


def stored(facts: Facts) -> dict[str, Any]:
    """Facts as they come back from a database: a copy through JSON, so that a test meets its limits here.

    Raises:
        TypeError: a value is no JSON.
    """
    copy: dict[str, Any] = json.loads(json.dumps(dict(facts)))
    return copy


def stored_state(state: Conversation) -> Conversation:
    """A conversation's state as it comes back from a database."""
    return conversations.from_facts(stored(conversations.to_facts(state)))
