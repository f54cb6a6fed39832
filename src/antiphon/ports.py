"""The Protocols between the use cases and the world. Each has a twin in `testing` and one contract suite.

A store is a view of one tenant. Times handed to it are aware and UTC.
"""

from asyncio import Future
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from antiphon.core.chain import SealedEvent
from antiphon.core.conversation import Conversation
from antiphon.core.effect import Attempted, Effect, KeptEffect
from antiphon.core.intent import Understanding
from antiphon.core.lead import Lead
from antiphon.core.names import (
    ContactId,
    ConversationId,
    EffectKey,
    Facts,
    Moment,
    PackName,
    RunId,
    Vector,
)
from antiphon.core.pack import PackDef
from antiphon.core.passage import Answer, Found, Passage
from antiphon.core.proposal import Proposal
from antiphon.core.run import Accepted, Arrival, Claim, Outcome, Run
from antiphon.core.scale import Grade
from antiphon.core.step import Step

# Time, chance and names


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


# The store


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletedTurn:
    """A turn as it is committed: everything in it, in one transaction."""

    claim: Claim
    events: tuple[SealedEvent, ...]
    conversation: Conversation  # the state after the events
    outcome: Outcome
    at: Moment
    steps: tuple[Step, ...] = ()
    effects: tuple[Effect, ...] = ()
    leads: tuple[Lead, ...] = ()
    versions: Facts | None = None  # of pack, model and workflow
    refuse_if_newer: bool = False  # the pack abandons a draft when a newer message waits


class Numbers(Protocol):
    """Counters that people see: lead numbers, ticket numbers."""

    async def next_number(self, counter: str) -> int:
        """The next number of a named counter, from 1; never the same twice, with gaps after failures."""
        ...


class Runs(Protocol):
    """The inbox and the turns: promises 1 to 4 of the design."""

    async def accept(self, arrival: Arrival, *, claim_for: str | None = None) -> Accepted:
        """Commit an arrival as a queued run, finding or making contact and conversation.

        With `claim_for` (the name of an owner) the conversation is claimed in the same transaction, if it is free
        and this run is the next.

        Raises:
            IdempotencyKeyReused: the key came with another request before.
            StoreUnavailable: nothing was stored.
        """
        ...

    async def claim(
        self, conversation_id: ConversationId, owner: str, *, merge: frozenset[PackName] = frozenset()
    ) -> Claim | None:
        """Claim a conversation for its next queued run, or None when it is taken or nothing waits.

        In the packs of `merge`, every waiting message at the head of the line is taken at once. The fence moves
        with each claim, and each run's `attempts` counts it.
        """
        ...

    async def commit(
        self,
        turn: CompletedTurn,
        *,
        keep_for: str | None = None,
        merge: frozenset[PackName] = frozenset(),
    ) -> Claim | None:
        """Commit a turn whole, and give the conversation back.

        With `keep_for` (an owner) the next run is claimed in the same transaction, if one waits, as `claim` does.
        The fence moves in any case, so that a claim can be committed once.

        Raises:
            LeaseLost: the fence has moved; nothing was stored.
            NewerMessage: `refuse_if_newer`, and one waits; nothing was stored, and the runs wait again. With
                `keep_for` the error's `claim` holds the conversation anew, for the next turn.
            StoreUnavailable: nothing was stored.
        """
        ...

    async def release(self, claim: Claim) -> None:
        """Give a claim back undone: its runs wait again. Nothing happens when the fence has moved."""
        ...

    async def renew(self, claims: Sequence[Claim]) -> None:
        """Extend the leases of claims that are still held."""
        ...

    async def waiting(self, limit: int) -> list[ConversationId]:
        """Conversations with queued runs that nobody holds, longest waiting first."""
        ...

    async def run(self, run_id: RunId) -> Run | None:
        """One run, or None."""
        ...

    async def steps(self, run_id: RunId) -> list[Step]:
        """The steps of a run, in order."""
        ...


class Effects(Protocol):
    """What was promised and is due."""

    async def claim_due(self, owner: str, now: Moment, limit: int) -> list[KeptEffect]:
        """Take due effects to perform, by priority and then by time.

        Each is `performing` and its `attempts` counts. An effect whose performer died is due again when its lease
        has ended, and is `abandoned`: the caller settles the lost attempt as an unknown outcome.
        """
        ...

    async def settle(self, effect: KeptEffect) -> None:
        """Store what became of an attempt. Nothing happens when somebody else has taken it since."""
        ...

    async def effect(self, key: EffectKey) -> KeptEffect | None:
        """One effect, or None."""
        ...


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


class Views(Protocol):
    """Reads for lists, exports and proofs. They never wait for a writer."""

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


class TextSearch(Protocol):
    """Full-text search over a pack's passages."""

    async def index(self, pack: PackName, passages: Sequence[Passage]) -> None:
        """Make exactly these passages of a pack searchable. Only what has changed is written.

        Many passages take several transactions, so that turns are committed between them; a search meanwhile may
        see some of before and some of after.
        """
        ...

    async def search(self, pack: PackName, words: Sequence[str], limit: int) -> list[tuple[str, float]]:
        """Ids of passages holding any of these words, with a rank (higher is better), best first."""
        ...


class Store(Runs, Numbers, Effects, Views, TextSearch, Protocol):
    """The only truth, seen by one tenant."""

    async def check(self) -> None:
        """Nothing, when the store can be read and written.

        Raises:
            StoreUnavailable: with the reason.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun and let go."""
        ...


# Understanding and knowledge


class Encoder(Protocol):
    """Sentences to vectors, one at a time."""

    async def encode(self, text: str) -> Vector:
        """The vector of one sentence; the same whatever runs beside it."""
        ...


class Classifier(Protocol):
    """What a message means among a pack's intents."""

    async def classify(self, text: str, *, allowed: frozenset[str] | None = None) -> Understanding:
        """The understanding of one message, among the allowed intents when given."""
        ...


class Scales(Protocol):
    """What a message says on a pack's scales: how severe, how soon, how sensitive."""

    async def judge(self, scale: str, text: str, *, gist: str) -> Grade:
        """The level of one message on one scale; `gist` is what `text` is about, in few words.

        Raises:
            ScaleUnavailable: it cannot be judged at the moment.
        """
        ...


class Knowledge(Protocol):
    """A pack's knowledge base."""

    async def retrieve(self, query: str, *, top_k: int = 3) -> tuple[Found, ...]:
        """The best passages, best first.

        Raises:
            KnowledgeBroken: a file is missing or cannot be read; the message says which and where.
            KnowledgeIndexing: the files are being read for the first time; one of the former's kind.
        """
        ...

    async def answer(self, question: str, *, context: str | None = None, said: str | None = None) -> Answer:
        """An answer from the passages; `context` is the question before, when this one leans on it, `said` the reply.

        Raises:
            KnowledgeBroken: as above.
        """
        ...

    @property
    def broken(self) -> str | None:
        """Which file cannot be read, where and why; None when all is well."""
        ...

    @property
    def loaded(self) -> bool:
        """Whether the index can be searched."""
        ...

    @property
    def indexing(self) -> tuple[int, int] | None:
        """How many passages are ready, of how many, while files are being read; None when nothing is."""
        ...


# Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What a turn is worked from."""

    claim: Claim
    pack: PackDef


Work: TypeAlias = Callable[[Turn], Awaitable[Proposal]]  # the turn graph, as the engine sees it
Render: TypeAlias = Callable[[str, Facts], str]  # a reply's name and its facts to the text


class Performer(Protocol):
    """Whoever keeps one kind of effect."""

    async def perform(self, effect: KeptEffect) -> Attempted:
        """Try once. Failures are outcomes, not exceptions; an exception counts as an unknown outcome."""
        ...


Performers: TypeAlias = Mapping[str, Performer]  # by effect kind


class Sink(Protocol):
    """Whoever is told what was committed, before the caller is answered."""

    async def committed(self, turn: CompletedTurn) -> None:
        """Take note of a turn. A sink's own trouble is its own: it recovers from the store."""
        ...


# Signals and wake-ups


class Signals(Protocol):
    """Live news within reach of one process or all. Losing it costs time, not data."""

    def finished(self, run_id: RunId) -> Future[Outcome]:
        """What a run ends with, once it has; ask before you look at the store, cancel when you stop waiting."""
        ...

    def finish(self, run_id: RunId, outcome: Outcome) -> None:
        """Tell whoever waits that a run has ended."""
        ...


Frame: TypeAlias = Facts  # one piece of news of a run: a step, a status, an end; JSON values


class HotState(Protocol):
    """What is shown of runs while they go on: a copy that may be lost, with a time to live.

    Reads find nothing rather than fail when the hot store is away; writes are forgotten, and `away` says why.
    """

    async def put(self, pack: PackName, run_id: RunId, snapshot: Facts) -> None:
        """Keep the latest snapshot of a run, and tell whoever watches it."""
        ...

    async def get(self, pack: PackName, run_id: RunId) -> Facts | None:
        """The latest snapshot, or None."""
        ...

    async def add_step(self, pack: PackName, run_id: RunId, step: Facts) -> None:
        """Append a step of a run, and tell whoever watches it."""
        ...

    async def steps(self, pack: PackName, run_id: RunId) -> list[Facts]:
        """The steps kept of a run, in order; empty when there are none."""
        ...

    async def forget(self, pack: PackName, run_id: RunId) -> None:
        """Remove everything of a run."""
        ...

    async def remember_key(self, pack: PackName, key: str, run_id: RunId) -> None:
        """Keep which run an idempotency key began, for as long as keys are honoured. SQL decides; this is its copy."""
        ...

    async def run_of_key(self, pack: PackName, key: str) -> RunId | None:
        """The run that an idempotency key began, or None. Ask the store whether it is still there."""
        ...

    def watch(self, pack: PackName, run_id: RunId) -> AbstractAsyncContextManager[AsyncIterator[Frame]]:
        """News of a run from now on, from whatever process.

        Frames are `{"type": "step", "run_id": ..., "step": {...}}` and `{"type": "snapshot", "run_id": ...,
        "state": {...}}`. Watch first and then `get`, and nothing is missed. A watcher that does not read holds
        nobody up: its oldest frames are dropped. Waiting for a frame may be cancelled and begun again. The frames
        of other processes are lost while the hot store is away; when it is back, the latest snapshot comes as a frame.
        """
        ...

    async def away(self) -> str | None:
        """Why the hot store cannot be reached, or None. In process it is always there."""
        ...


OnStep: TypeAlias = Callable[[PackName, RunId, Step], None]  # a node has ended a step; must not block


class WakeUps(Protocol):
    """The queue: "conversation X has work". A hint; the sweep finds what it loses."""

    def wake(self, conversation_id: ConversationId, *, priority: int = 0) -> None:
        """Say that a conversation has work; higher priorities are taken up first. Never blocks."""
        ...

    async def next(self, timeout: float) -> ConversationId | None:
        """The next conversation with work, or None after `timeout` seconds."""
        ...

    def done(self, conversation_id: ConversationId) -> None:
        """Say that what `next` returned was seen to. What is not done when its process dies is handed out again."""
        ...


# What several processes share


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
