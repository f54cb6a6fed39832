"""Replay: what recorded conversations would have come to under a changed pack.

Every recorded change comes again at its recorded time, and meets the pack as if it had been so all along. What comes
of it is compared with what came of it then. Nothing is written, sent or asked. A change that only the recorded run of
things brought, such as a check that fired, comes again as well; one that only the changed pack would have brought
does not come, but the promise of it is among the differences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from antiphon.core.change import Change, merged
from antiphon.core.conversation import Conversation, fold
from antiphon.core.effect import EffectStatus, KeptEffect
from antiphon.core.event import Event
from antiphon.core.intent import Understanding
from antiphon.core.names import Moment, RunId
from antiphon.core.pack import PackDef
from antiphon.core.process.binding import Binding
from antiphon.core.process.migrate import plan
from antiphon.core.proposal import Proposal
from antiphon.core.run import Claim
from antiphon.engine.engine import Business
from antiphon.engine.pack_versions import intents_digest
from antiphon.ports import Classifier, Turn
from antiphon.trying.came_of import Promised, compared, lines_of, name_of, names_after
from antiphon.trying.recorded import Recorded, RecordedTurn

FIRST: frozenset[EffectStatus] = frozenset({"done", "performing", "dead", "parked"})  # after one attempt: not moved
UNDONE = frozenset({"migrate"})  # changes that only move between versions of a pack; here there is one


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A turn that would have gone differently."""

    run_id: RunId
    at: Moment
    change: Change
    before: tuple[str, ...]  # what came of it then, and would not
    after: tuple[str, ...]  # what would have come of it, and did not


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """A conversation, replayed."""

    recorded: Recorded
    turns: int  # that came again
    differences: tuple[Difference, ...]
    stuck: tuple[str, ...]  # bindings that were open at the beginning and have no place in the changed maps


class RecordedUnderstanding:
    """`ports.Classifier` that has understood before, where that still counts; else somebody understands anew."""

    def __init__(self, anew: Classifier, pack: PackDef, kept: Mapping[str, str]) -> None:
        """`kept`: what versions of the pack understood, as digests."""
        self._anew = anew
        self._intents = frozenset(intent.name for intent in pack.intents)
        self._digest = intents_digest(pack)
        self._kept = kept
        self._known: Understanding | None = None
        self.reused = 0
        self.understood_anew = 0

    def take(self, turn: RecordedTurn) -> None:
        """That turn comes next."""
        same = self._kept.get(turn.pack_version or "") in (None, self._digest)
        self._known = turn.understood if same else None

    async def classify(
        self, text: str, *, allowed: frozenset[str] | None = None, parts: Sequence[str] = ()
    ) -> Understanding:
        """See `ports.Classifier`. Where nobody knows what the version of then understood, its intents must be there."""
        known = self._known
        if known is not None and self._is_there(known) and (allowed is None or known.intent in allowed):
            self.reused += 1
            return known
        self.understood_anew += 1
        return await self._anew.classify(text, allowed=allowed, parts=parts)

    def _is_there(self, known: Understanding) -> bool:
        return all(intent in self._intents for intent, _ in known.ranked)


async def replayed(recorded: Recorded, business: Business, understanding: RecordedUnderstanding) -> Replayed:
    """A conversation under a pack whose classifier is `understanding`."""
    state, stuck = _taken_over(recorded.before, business)
    named = {binding.id: name_of(binding) for binding in recorded.before.bindings}
    differences: list[Difference] = []
    turns = 0
    for turn in recorded.turns:
        if not turn.runs or turn.runs[-1].change.kind in UNDONE:
            continue
        if turn.outcome is None or turn.outcome.status == "failed":
            state = fold(turn.events, state)  # nothing was decided then, so that nothing can be compared
            continue
        understanding.take(turn)
        proposal = await business.work(_turn(recorded, turn, state, business))
        named = names_after(named, (*turn.events, *proposal.events))
        before, after = compared(_then(turn, proposal, named), _now(proposal, turn.at, named))
        if before or after:
            change = merged(tuple(run.change for run in turn.runs))
            differences.append(Difference(run_id=turn.run_id, at=turn.at, change=change, before=before, after=after))
        state, turns = fold(proposal.events, state), turns + 1
    return Replayed(recorded=recorded, turns=turns, differences=tuple(differences), stuck=stuck)


def _taken_over(before: Conversation, business: Business) -> tuple[Conversation, tuple[str, ...]]:
    """The state with its open bindings under the maps of the pack; those that cannot be stay, and are named."""
    versions: dict[str, Binding] = {}
    stuck: list[str] = []
    for process in business.pack.processes.values():
        planned = plan(before.bindings, process)
        versions |= {one.binding.id: replace(one.binding, version=one.version) for one in planned.moves}
        stuck += [f"{name_of(one.binding)} in {one.state}: {one.reason}" for one in planned.stuck]
    gone = [one for one in before.bindings if one.process_type not in business.pack.processes]
    stuck += [f"{name_of(one)} in {one.state}: process_gone" for one in gone]
    bindings = tuple(versions.get(binding.id, binding) for binding in before.bindings)
    return replace(before, bindings=bindings), tuple(stuck)


def _turn(recorded: Recorded, turn: RecordedTurn, state: Conversation, business: Business) -> Turn:
    record = recorded.record
    claim = Claim(
        conversation_id=record.id,
        contact_id=record.contact_id,
        address=record.address,
        pack=record.pack,
        pack_version=business.version,
        fence=0,
        runs=turn.runs,
        conversation=state,
        sequence=0,
        head=b"",
    )
    return Turn(claim=claim, pack=business.pack, at=turn.at, contact=recorded.contact)


def _then(turn: RecordedTurn, proposal: Proposal, named: Mapping[str, str]) -> list[str]:
    """What came of it, as it was recorded."""
    effects = [
        Promised(kind=kept.effect.kind, payload=kept.effect.payload, due_at=_due(kept, place, proposal))
        for place, kept in enumerate(turn.effects)
    ]
    status = turn.outcome.status if turn.outcome else ""
    return lines_of(turn.events, effects, at=turn.at, status=status, named=named)


def _due(kept: KeptEffect, place: int, proposal: Proposal) -> Moment | None:
    """When it was due at first. A second attempt has moved that; it is taken for what it would be then."""
    if kept.attempts == 0 or (kept.attempts == 1 and kept.status in FIRST):
        return kept.due_at
    twin = proposal.effects[place] if place < len(proposal.effects) else None
    return twin.due_at if twin and twin.kind == kept.effect.kind else kept.due_at


def _now(proposal: Proposal, at: Moment, named: Mapping[str, str]) -> list[str]:
    """What would have come of it."""
    effects = [
        Promised(kind=effect.kind, payload=effect.payload, due_at=effect.due_at)
        for effect in proposal.effects
        if effect.place is None
    ]
    events: tuple[Event, ...] = proposal.events
    return lines_of(events, effects, at=at, status=proposal.outcome.status, named=named)
