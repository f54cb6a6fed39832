"""The store: the only truth, seen by one tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from antiphon.core.chain import SealedEvent
from antiphon.core.conversation import Conversation
from antiphon.core.effect import Effect, EffectStatus, KeptEffect
from antiphon.core.event import BindingBegun, BindingMigrated, BindingMoved
from antiphon.core.follow_up import Closed
from antiphon.core.lead import Lead
from antiphon.core.names import (
    ConversationId,
    EffectKey,
    Facts,
    Moment,
    PackName,
    RunId,
)
from antiphon.core.passage import Passage
from antiphon.core.run import Accepted, Arrival, Claim, Outcome, Run
from antiphon.core.step import Step
from antiphon.ports.pack_versions import PackVersions
from antiphon.ports.processes import BindingRecord, Cancel, Contacts, ProcessViews, Promises
from antiphon.ports.views import Views


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
    bindings: tuple[BindingBegun | BindingMoved | BindingMigrated, ...] = ()  # those events, for the table of bindings
    cancels: tuple[Cancel, ...] = ()  # effects that are not to be performed any more, but for those of this turn
    closes: Closed | None = None  # what became of the follow-ups that were sent and not closed yet


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure:
    """What is left of a conversation when the runs of one turn are erased, as it was computed from its log."""

    conversation_id: ConversationId
    run_ids: tuple[RunId, ...]  # all that were worked in that turn
    expected: int  # sequence of the latest event that was read; with a later one it has to be computed again
    events: tuple[int, ...]  # sequences of those that lose payload and key
    tombstones: tuple[SealedEvent, ...]  # what the log says of it, after all that was read
    conversation: Conversation  # the fold of what is left
    at: Moment
    bindings: tuple[BindingRecord, ...] = ()  # all that is left of them, open and ended


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

    async def runs_of_turn(self, run_id: RunId) -> list[Run]:
        """A run with those that were worked in one turn with it, in order; empty when there is no such run."""
        ...

    async def erase_run(self, erasure: Erasure) -> bool:
        """Erase the runs of one turn, or False and nothing when the log is longer than expected.

        The runs with their steps, effects and leads are gone, and so are payload and key of their events; of the
        bindings stays what the erasure says, and follow-ups and checks of those that are gone are cancelled; their
        idempotency keys are free. Whoever holds the conversation loses it, and what they were working waits again.
        The positions of the runs stay empty; those after them are worked as before. An address that was a run's own
        id is forgotten, and its contact, when the conversation holds no other run.

        Raises:
            StoreUnavailable: nothing was erased.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class EffectQuery:
    """Which effects a list shows, the latest due first."""

    limit: int = 50
    before: tuple[Moment, EffectKey] | None = None  # due_at and key of the last one of the page before
    statuses: frozenset[EffectStatus] = frozenset()  # any of these; empty: whichever
    kind: str | None = None  # this one, and those below it: "notify" is also "notify:example.com"


class Effects(Protocol):
    """What was promised and is due."""

    async def claim_due(
        self, owner: str, now: Moment, limit: int, *, busy: frozenset[str] = frozenset()
    ) -> list[KeptEffect]:
        """Take due effects to perform, by priority and then by time; those of the kinds in `busy` stay.

        Each is `performing` and its `attempts` counts. An effect whose performer died is due again when its lease
        has ended, and is `abandoned`: the caller settles the lost attempt as an unknown outcome.
        """
        ...

    async def renew_effects(self, kept: Sequence[KeptEffect]) -> None:
        """Extend the leases of attempts that go on. Nothing happens to what somebody else has taken since."""
        ...

    async def settle(self, effect: KeptEffect) -> None:
        """Store what became of an attempt. Nothing happens when somebody else has taken it since."""
        ...

    async def effects(self, query: EffectQuery) -> list[KeptEffect]:
        """A page of effects: by the time when they are or were due, the latest first, then by key backwards."""
        ...

    async def replay(self, key: EffectKey, now: Moment, *, attempts: int) -> bool:
        """Make a dead or parked effect due at once, with so many attempts more; False when it is neither.

        Its count of attempts goes on, since it tells one attempt from the next.
        """
        ...

    async def cancel(self, key: EffectKey) -> bool:
        """Never perform an effect that is pending, dead or parked; False when it is none of these."""
        ...

    async def effect(self, key: EffectKey) -> KeptEffect | None:
        """One effect, or None."""
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


class Store(Runs, Numbers, Effects, Promises, Contacts, Views, ProcessViews, PackVersions, TextSearch, Protocol):
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
