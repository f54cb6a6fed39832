"""A run: one change being worked through, from its arrival to its outcome."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from antiphon.core.change import Change
from antiphon.core.conversation import Conversation
from antiphon.core.names import ContactId, ConversationId, Facts, Moment, PackName, Position, RunId, Sequence

RunStatus: TypeAlias = Literal["queued", "running", "completed", "escalated", "awaiting_approval", "failed"]

ENDED: frozenset[RunStatus] = frozenset({"completed", "escalated", "failed"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A change at the door. The ids are used only where the store knows none yet."""

    run_id: RunId
    pack: PackName
    pack_version: str
    space: str  # the kind of address, e.g. "autostream/session" or "email"
    address: str  # outside id of the person within that space
    change: Change
    contact_id: ContactId  # for a person who was never seen before
    conversation_id: ConversationId  # for the first conversation of person and pack
    at: Moment
    contact_name: str | None = None  # for a person who was never seen before; without one no list of people has them
    idempotency_key: str | None = None
    fingerprint: str | None = None  # of the request; the same key with another one is refused
    key_since: Moment | None = None  # a use of the key before then is forgotten; None: none ever is


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a run ended, as its caller is told."""

    status: RunStatus
    reply: str | None = None
    intent: str | None = None
    confidence: float | None = None
    reason: str | None = None  # why it was escalated or failed
    facts: Facts = field(default_factory=dict)  # what else a caller of this pack wants to know


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A run as the store keeps it."""

    id: RunId
    conversation_id: ConversationId
    position: Position
    pack: PackName
    change: Change
    status: RunStatus
    attempts: int  # how often it was begun
    created_at: Moment
    finished_at: Moment | None = None
    outcome: Outcome | None = None
    merged_into: RunId | None = None  # the run whose turn answered this one too


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """The right to work one conversation, until the lease ends or the fence moves."""

    conversation_id: ConversationId
    contact_id: ContactId
    address: str
    pack: PackName
    pack_version: str  # the version that the conversation began under
    fence: int  # a commit with another one is refused
    runs: tuple[Run, ...]  # the next in order; several when the pack merges bursts
    conversation: Conversation
    sequence: Sequence  # of the latest event
    head: bytes  # its hash

    @property
    def run(self) -> Run:
        """The run that the turn is recorded under: the latest of those it works."""
        return self.runs[-1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What became of an arrival. Whoever holds this knows that it is durable."""

    run: Run
    replay: bool = False  # the idempotency key had been used before; nothing new was accepted
    claim: Claim | None = None  # when it was asked for, and nobody else holds the conversation
