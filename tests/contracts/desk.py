"""A desk at which tests do what the engine does: take in arrivals, claim conversations, commit turns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from antiphon.core import chain
from antiphon.core.chain import EVENT_KEY_BYTES, SealedEvent
from antiphon.core.change import Change, ChangeKind
from antiphon.core.conversation import fold
from antiphon.core.effect import Effect, KeptEffect
from antiphon.core.event import (
    BindingBegun,
    BindingMigrated,
    BindingMoved,
    Event,
    MessageReceived,
    MessageSent,
    decode,
    encode,
    kind_of,
)
from antiphon.core.lead import Lead
from antiphon.core.names import ConversationId, Facts, PackName
from antiphon.core.run import Arrival, Claim, Outcome, Run
from antiphon.core.step import Step
from antiphon.ports import Cancel, Closed, CompletedTurn, ConversationRecord, Store
from antiphon.testing import CountingIds, SettableClock

PACK = "shop"
SPACE = "shop/session"
WORKER = "worker-1"
NONE: frozenset[PackName] = frozenset()
MERGING = frozenset({PACK})
DONE = Outcome(status="completed", reply="Hello!", intent="greeting", confidence=0.9)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """A store with the clock and the ids that it is used with."""

    store: Store
    clock: SettableClock
    ids: CountingIds

    def arrival(
        self,
        text: str = "hello",
        *,
        address: str = "ann",
        kind: ChangeKind = "message",
        pack: PackName = PACK,
        space: str = SPACE,
        key: str | None = None,
        fingerprint: str | None = None,
        data: Facts | None = None,
    ) -> Arrival:
        """A change at the door, with ids that nobody has yet."""
        return Arrival(
            run_id=self.ids.new(),
            pack=pack,
            pack_version="1.0",
            space=space,
            address=address,
            change=Change(kind=kind, value=text, data=data or {}),
            contact_id=self.ids.new(),
            conversation_id=self.ids.new(),
            at=self.clock.now(),
            idempotency_key=key,
            fingerprint=fingerprint,
        )

    async def arrive(
        self, text: str = "hello", *, address: str = "ann", kind: ChangeKind = "message", pack: PackName = PACK
    ) -> Run:
        """A change that was accepted; its run waits."""
        return (await self.store.accept(self.arrival(text, address=address, kind=kind, pack=pack))).run

    async def begin(self, text: str = "hello", *, address: str = "ann") -> Claim:
        """A change that was accepted and is being worked on at once."""
        accepted = await self.store.accept(self.arrival(text, address=address), claim_for=WORKER)
        assert accepted.claim is not None
        return accepted.claim

    async def claim(self, conversation_id: ConversationId, *, merge: frozenset[PackName] = NONE) -> Claim:
        """A claim that must succeed."""
        claim = await self.store.claim(conversation_id, WORKER, merge=merge)
        assert claim is not None
        return claim

    def turn(
        self,
        claim: Claim,
        *,
        events: Sequence[Event] | None = None,
        outcome: Outcome = DONE,
        steps: tuple[Step, ...] = (),
        effects: tuple[Effect, ...] = (),
        leads: tuple[Lead, ...] = (),
        refuse_if_newer: bool = False,
        cancels: tuple[Cancel, ...] = (),
        closes: Closed | None = None,
    ) -> CompletedTurn:
        """A claim worked through: by default its messages were received and a reply was sent."""
        told = _conversation_of(claim, outcome) if events is None else events
        return CompletedTurn(
            claim=claim,
            events=self.sealed(claim, told),
            conversation=fold(told, claim.conversation),
            outcome=outcome,
            at=self.clock.now(),
            steps=steps,
            effects=effects,
            leads=leads,
            refuse_if_newer=refuse_if_newer,
            bindings=tuple(one for one in told if isinstance(one, BindingBegun | BindingMoved | BindingMigrated)),
            cancels=cancels,
            closes=closes,
        )

    def sealed(self, claim: Claim, events: Sequence[Event]) -> tuple[SealedEvent, ...]:
        """Events bound to the log that the claim has seen."""
        head, sealed = claim.head, []
        for sequence, event in enumerate(events, claim.sequence + 1):
            key = self.ids.secret(EVENT_KEY_BYTES)
            sealed.append(chain.seal(head, sequence, kind_of(event), self.clock.now(), encode(event), key))
            head = sealed[-1].hash
        return tuple(sealed)

    def told(self, sealed: SealedEvent) -> Event | None:
        """What an event of a log says; None when it was erased."""
        return decode(sealed.kind, sealed.payload) if sealed.payload is not None else None

    async def work(self, text: str = "hello", *, address: str = "ann") -> Claim:
        """A change that was accepted, worked through and committed; the claim that it was worked under."""
        claim = await self.begin(text, address=address)
        await self.store.commit(self.turn(claim))
        return claim

    async def promise(self, *effects: Effect, address: str = "ann") -> list[KeptEffect]:
        """Effects that a committed turn has promised, as they are kept."""
        claim = await self.begin(address=address)
        await self.store.commit(self.turn(claim, effects=effects))
        found = [await self.store.effect(f"{claim.run.id}:{place}") for place in range(len(effects))]
        return [kept for kept in found if kept is not None]

    async def record(self, address: str = "ann", *, pack: PackName = PACK) -> ConversationRecord:
        """The conversation of an address, which must exist."""
        record = await self.store.conversation_at(pack, SPACE, address)
        assert record is not None
        return record

    async def known(self, run: Run) -> Run:
        """A run as the store knows it now."""
        found = await self.store.run(run.id)
        assert found is not None
        return found

    async def statuses(self, *runs: Run) -> list[str]:
        """How runs stand now."""
        return [(await self.known(run)).status for run in runs]

    async def check_log(self, conversation_id: ConversationId, record: ConversationRecord) -> None:
        """Promise 6: the chain holds, and the log folds to the state that is stored."""
        events = await self.store.events(conversation_id)
        assert chain.verify(events, record.head) is None
        assert record.sequence == len(events)
        log = [decode(event.kind, event.payload) for event in events if event.payload is not None]
        assert fold(log) == record.state


def other_ids(arrival: Arrival) -> Arrival:
    """The same request once more, as the door would hand it in: with ids of its own."""
    return replace(
        arrival,
        run_id=f"f{arrival.run_id[1:]}",
        contact_id=f"f{arrival.contact_id[1:]}",
        conversation_id=f"f{arrival.conversation_id[1:]}",
    )


def _conversation_of(claim: Claim, outcome: Outcome) -> list[Event]:
    received: list[Event] = [
        MessageReceived(run_id=run.id, channel=run.change.channel, text=run.change.value) for run in claim.runs
    ]
    return [*received, MessageSent(run_id=claim.run.id, channel="chat", text=outcome.reply or "")]
