"""Erase: forget what a run said and was told, and leave only that it was erased.

Its events keep their place in the chain, without payload and key, so that the chain verifies; at the end of the log a
tombstone follows.
"""

from dataclasses import dataclass, field

from antiphon.core import chain, event
from antiphon.core.conversation import Conversation, apply
from antiphon.core.errors import StoreUnavailable
from antiphon.core.names import Moment, RunId, Sequence
from antiphon.core.run import Outcome, Run
from antiphon.engine.engine import Engine
from antiphon.engine.left import BindingsLeft
from antiphon.ports import ConversationRecord, Erasure

PAGE = 500  # events read at once
TRIES = 50  # turns that may be committed meanwhile, one a try


async def erase(engine: Engine, run_id: RunId) -> bool:
    """Erase a run wherever it is kept, or False when there is none of that id.

    Runs that were merged are one turn: its events hold the words of all of them, and its reply answers all. So with
    one of them the others are erased too. A run that still waits is never worked; a turn that is under way in its
    conversation is lost, and the other runs wait again. What later turns themselves said of this one stays theirs.

    Raises:
        StoreUnavailable: nothing was erased; also when the conversation had turns all the while.
    """
    for _ in range(TRIES):
        run = await engine.store.run(run_id)
        record = await engine.store.conversation(run.conversation_id) if run else None
        # Asked for after the conversation: whatever changes them after this moves its log as well.
        runs = await engine.store.runs_of_turn(run_id)
        if record is None or not runs:
            return False
        if await engine.store.erase_run(await _erasure(engine, record, runs)):
            await _announce(engine, runs)
            return True
    raise StoreUnavailable(reason=f"the conversation of run {run_id} is too busy to erase it", in_doubt=False)


@dataclass(slots=True)
class _Rest:
    """What is left of a log without some of its runs."""

    bindings: BindingsLeft
    state: Conversation = field(default_factory=Conversation)
    erased: list[Sequence] = field(default_factory=list)


async def _erasure(engine: Engine, record: ConversationRecord, runs: list[Run]) -> Erasure:
    run_ids = tuple(run.id for run in runs)
    rest = await _rest(engine, record, frozenset(run_ids))
    at = engine.clock.now()
    return Erasure(
        conversation_id=record.id,
        run_ids=run_ids,
        expected=record.sequence,
        events=tuple(rest.erased),
        tombstones=_tombstones(engine, record, run_ids, at),
        conversation=rest.state,
        at=at,
        bindings=rest.bindings.all(),
    )


async def _rest(engine: Engine, record: ConversationRecord, gone: frozenset[RunId]) -> _Rest:
    """The log up to what the conversation remembers, folded without what was and is erased."""
    rest, after = _Rest(bindings=BindingsLeft(record)), 0
    while (wanted := min(PAGE, record.sequence - after)) > 0:
        page = await engine.store.events(record.id, after=after, limit=wanted)
        if not page:
            break  # a damaged log, which an audit names; what is there is erased all the same
        for sealed in page:
            if sealed.payload is None:
                continue
            if event.run_of(sealed.payload) in gone:
                rest.erased.append(sealed.sequence)
            else:
                told = event.decode(sealed.kind, sealed.payload)
                rest.state = apply(rest.state, told)
                rest.bindings.tell(told, sealed.at)
        after = page[-1].sequence
    return rest


def _tombstones(
    engine: Engine, record: ConversationRecord, run_ids: tuple[RunId, ...], at: Moment
) -> tuple[chain.SealedEvent, ...]:
    sealed: list[chain.SealedEvent] = []
    head = record.head
    for sequence, run_id in enumerate(run_ids, record.sequence + 1):
        tombstone = event.RunErased(run_id=run_id)
        key = engine.ids.secret(chain.EVENT_KEY_BYTES)
        sealed.append(chain.seal(head, sequence, event.kind_of(tombstone), at, event.encode(tombstone), key))
        head = sealed[-1].hash
    return tuple(sealed)


async def _announce(engine: Engine, runs: list[Run]) -> None:
    """After the commit only: every copy, whoever waits for the outcome, and whoever works what waits again."""
    for run in runs:
        if engine.hot:
            await engine.hot.forget(run.pack, run.id)
    for sink in engine.sinks:
        await sink.erased(runs[0].conversation_id)
    for run in runs:
        engine.signals.finish(run.id, Outcome(status="failed", reason="it was erased"))
    engine.wake_ups.wake(runs[0].conversation_id)
