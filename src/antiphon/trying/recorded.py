"""Conversations as a store has recorded them: turn by turn, with what was understood and what came of it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from antiphon.core.chain import SealedEvent
from antiphon.core.conversation import Conversation, fold
from antiphon.core.effect import KeptEffect, effect_key
from antiphon.core.event import Decided, Event, decode, run_of
from antiphon.core.intent import Understanding
from antiphon.core.names import Moment, PackName, RunId
from antiphon.core.run import Outcome, Run
from antiphon.core.step import Step
from antiphon.ports import ContactDetails, ConversationRecord, Store

PAGE = 1000  # events and conversations read at once
UNDERSTOOD = "classified_intent"  # the step that says what a message means


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedTurn:
    """One turn as it was committed."""

    runs: tuple[Run, ...]  # several when messages were merged
    at: Moment  # when it was committed; delays counted from there
    events: tuple[Event, ...]
    effects: tuple[KeptEffect, ...]
    steps: tuple[Step, ...]
    outcome: Outcome | None

    @property
    def run_id(self) -> RunId:
        """Under which it was recorded."""
        return self.runs[-1].id

    @property
    def pack_version(self) -> str | None:
        """The version of the pack that decided, where anything was."""
        decided = next((event for event in self.events if isinstance(event, Decided)), None)
        return str(decided.versions["pack"]) if decided and "pack" in decided.versions else None

    @property
    def understood(self) -> Understanding | None:
        """What its message was understood as; None when it had none, or its step says too little."""
        step = next((step for step in self.steps if step.action == UNDERSTOOD), None)
        return understanding_of(step) if step else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A conversation: where it stood at the beginning of what is replayed, and the turns from there on."""

    record: ConversationRecord
    contact: ContactDetails | None
    before: Conversation
    turns: tuple[RecordedTurn, ...]
    erased: bool  # something of it was erased, so that nobody knows where it stood


async def recorded(store: Store, pack: PackName, since: Moment | None = None) -> AsyncIterator[Recorded]:
    """The conversations of a pack in the order of their ids; with `since` those that went on then, from there on."""
    after = ""
    while page := await store.conversations(pack, after=after, limit=PAGE):
        for record in page:
            if since is None or record.updated_at >= since:
                yield await _conversation(store, record, since)
        after = page[-1].id


async def _conversation(store: Store, record: ConversationRecord, since: Moment | None) -> Recorded:
    sealed = [event async for event in _events(store, record)]
    contact = await store.contact(record.contact_id)
    details = contact.details if contact else None
    if any(event.payload is None for event in sealed):
        return Recorded(record=record, contact=details, before=Conversation(), turns=(), erased=True)
    earlier = [event for event in sealed if since is not None and event.at < since]
    return Recorded(
        record=record,
        contact=details,
        before=fold(_decoded(event) for event in earlier),
        turns=tuple([await _turn(store, part) for part in _by_run(sealed[len(earlier) :])]),
        erased=False,
    )


async def _events(store: Store, record: ConversationRecord) -> AsyncIterator[SealedEvent]:
    after = 0
    while page := await store.events(record.id, after=after, limit=PAGE):
        for event in page:
            yield event
        after = page[-1].sequence


def _by_run(sealed: Sequence[SealedEvent]) -> Iterator[list[SealedEvent]]:
    """The events of each turn: a turn is committed whole, and its events stand together."""
    for _, part in groupby(sealed, key=lambda event: run_of(event.payload or b"{}")):
        yield list(part)


async def _turn(store: Store, sealed: Sequence[SealedEvent]) -> RecordedTurn:
    run_id = run_of(sealed[0].payload or b"{}")
    runs = tuple(await store.runs_of_turn(run_id))
    return RecordedTurn(
        runs=runs,
        at=sealed[0].at,
        events=tuple(_decoded(event) for event in sealed),
        effects=tuple([kept async for kept in _effects(store, run_id)]),
        steps=tuple(await store.steps(run_id)),
        outcome=runs[-1].outcome if runs else None,
    )


async def _effects(store: Store, run_id: RunId) -> AsyncIterator[KeptEffect]:
    """The effects of a turn that have a number for their place: those of processes."""
    number = 0
    while kept := await store.effect(effect_key(run_id, number)):
        yield kept
        number += 1


def _decoded(event: SealedEvent) -> Event:
    return decode(event.kind, event.payload or b"{}")


def understanding_of(step: Step) -> Understanding | None:
    """What a message was understood as, from the step that says so; None when it says too little."""
    ranked = tuple((str(intent), float(share)) for intent, share in step.why.get("ranked", ()))
    if not ranked:
        return None
    intent, confidence = ranked[0]
    return Understanding(
        intent=intent,
        confidence=confidence,
        in_scope=step.output != "out of scope",
        scope_score=float(step.why.get("scope_score", confidence)),
        threshold=float(step.why.get("threshold", 0.0)),
        ranked=ranked,
        provider="recorded",
    )
