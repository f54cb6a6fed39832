"""Runs in memory: accept, claim, commit. Nothing here awaits, so each call is a transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from antiphon.core.effect import KeptEffect, keys_of
from antiphon.core.errors import IdempotencyKeyReused, LeaseLost, NewerMessage
from antiphon.core.follow_up import FOLLOW_UPS
from antiphon.core.names import ConversationId, PackName, RunId
from antiphon.core.run import ENDED, Accepted, Arrival, Claim, Run
from antiphon.core.step import Step
from antiphon.ports import CompletedTurn, LeadRecord
from antiphon.testing.bindings import bindings_after, is_cancelled
from antiphon.testing.tables import KeptRow, KeyUse, Lease, Line, MemoryPart, Tables, stored, stored_state


class MemoryRuns(MemoryPart):
    """`ports.Runs` of one tenant."""

    # Accept

    async def accept(self, arrival: Arrival, *, claim_for: str | None = None) -> Accepted:
        """See `ports.Runs`. A replay says how the run stands now, and claims nothing."""
        self._tables.check_open()
        known = self._known(arrival)
        if known is not None:
            return Accepted(run=known, replay=True)
        _check_new(self._tables, arrival)
        change = replace(arrival.change, data=stored(arrival.change.data))
        line = self._tables.line_for(arrival)
        run = Run(
            id=arrival.run_id,
            conversation_id=line.id,
            position=line.last_position + 1,
            pack=arrival.pack,
            change=change,
            status="queued",
            attempts=0,
            created_at=arrival.at,
        )
        self._queue(line, run, arrival)
        if claim_for is None or line.worked + 1 != run.position or not line.free(self._clock.now()):
            return Accepted(run=run)
        claim = self._take(line, claim_for)
        return Accepted(run=claim.run, claim=claim)

    def _known(self, arrival: Arrival) -> Run | None:
        if arrival.idempotency_key is None:
            return None
        use = self._tables.keys.get((arrival.pack, arrival.space, arrival.idempotency_key))
        if use is None:
            return None
        first = self._tables.run(use.run_id)
        if first and arrival.key_since and first.created_at < arrival.key_since:
            return None  # what is queued takes its place
        if use.fingerprint != arrival.fingerprint:
            raise IdempotencyKeyReused
        return first

    def _queue(self, line: Line, run: Run, arrival: Arrival) -> None:
        line.put(run)
        line.last_position = run.position
        self._tables.places[run.id] = (line.id, run.position)
        if arrival.idempotency_key is not None:
            key = (arrival.pack, arrival.space, arrival.idempotency_key)
            self._tables.keys[key] = KeyUse(run_id=run.id, fingerprint=arrival.fingerprint)

    # Claim

    async def claim(
        self, conversation_id: ConversationId, owner: str, *, merge: frozenset[PackName] = frozenset()
    ) -> Claim | None:
        """See `ports.Runs`. A living lease refuses everybody, its owner too.

        An ended lease may be taken over: the runs that its holder left running are the first in line.
        """
        self._tables.check_open()
        line = self._tables.lines.get(conversation_id)
        if line is None or not line.waits or not line.free(self._clock.now()):
            return None
        return self._take(line, owner, merge)

    def _take(self, line: Line, owner: str, merge: frozenset[PackName] = frozenset()) -> Claim:
        taken = _messages_at_head(line) if line.pack in merge else []
        taken = taken or line.unworked[:1]
        # What a dead holder had merged and this claim does not take is worked by nobody.
        _put_all(line, (replace(run, status="queued") for run in line.unworked if run.status == "running"))
        runs = tuple(replace(run, status="running", attempts=run.attempts + 1) for run in taken)
        _put_all(line, runs)
        line.change_hands(Lease(owner=owner, until=self._lease_end()))
        return Claim(
            conversation_id=line.id,
            contact_id=line.contact_id,
            address=line.address,
            pack=line.pack,
            pack_version=line.pack_version,
            fence=line.fence,
            runs=runs,
            conversation=line.state,
            sequence=line.sequence,
            head=line.head,
        )

    async def renew(self, claims: Sequence[Claim]) -> None:
        """See `ports.Runs`. A lease that has ended and that nobody took is still held."""
        self._tables.check_open()
        for claim in claims:
            line = self._held(claim)
            if line is not None and line.lease is not None:
                line.lease = replace(line.lease, until=self._lease_end())

    async def release(self, claim: Claim) -> None:
        """See `ports.Runs`. The runs keep their place in the line and their count of attempts."""
        self._tables.check_open()
        line = self._held(claim)
        if line is not None:
            _give_back(line, claim)

    def _held(self, claim: Claim) -> Line | None:
        """The line of a claim that is still held: the fence moves whenever it changes hands."""
        line = self._tables.lines.get(claim.conversation_id)
        return line if line is not None and line.fence == claim.fence else None

    # Commit

    async def commit(
        self,
        turn: CompletedTurn,
        *,
        keep_for: str | None = None,
        merge: frozenset[PackName] = frozenset(),
    ) -> Claim | None:
        """See `ports.Runs`. A lease that has ended and that nobody took is still good for a commit."""
        self._tables.check_open()
        line = self._held(turn.claim)
        if line is None:
            raise LeaseLost(conversation_id=turn.claim.conversation_id)
        if turn.refuse_if_newer and _newer_message(line, turn.claim):
            _give_back(line, turn.claim)
            raise NewerMessage(conversation_id=line.id, claim=self._following(line, keep_for, merge))
        self._store(line, turn)
        return self._following(line, keep_for, merge)

    def _following(self, line: Line, owner: str | None, merge: frozenset[PackName]) -> Claim | None:
        return self._take(line, owner, merge) if owner is not None and line.waits else None

    def _store(self, line: Line, turn: CompletedTurn) -> None:
        """All of a turn, or nothing: whatever may fail comes before the first change."""
        runs = _finished(turn)
        state = stored_state(turn.conversation)
        steps = tuple(replace(step, why=stored(step.why)) for step in turn.steps)
        effects = _kept(turn)
        leads = _captured(self._tables, turn)
        bindings = bindings_after(self._tables.bindings, turn)
        _put_all(line, runs)
        line.work_off(turn.claim.run.position)
        line.change_hands(None)
        line.stand(state, turn.at)
        line.events.extend(turn.events)
        if turn.events:
            line.sequence, line.head = turn.events[-1].sequence, turn.events[-1].hash
        tables = self._tables
        tables.steps[turn.claim.run.id] = steps
        tables.bindings.update(bindings)
        if turn.cancels or turn.closes:
            self._end_follow_ups(turn)
        for kept in effects:
            if kept.key not in tables.effects:
                tables.effects[kept.key] = KeptRow(kept=kept, created_at=turn.at)
                tables.open_effects.add(kept.key)
        tables.leads.update((record.lead.id, record) for record in leads)

    def _end_follow_ups(self, turn: CompletedTurn) -> None:
        for row in self._tables.effects.values():
            if row.kept.conversation_id != turn.claim.conversation_id or row.kept.effect.kind not in FOLLOW_UPS:
                continue
            if any(is_cancelled(row.kept, cancel) for cancel in turn.cancels):
                row.kept = replace(row.kept, status="cancelled", settled_at=turn.at)
                self._tables.open_effects.discard(row.kept.key)
            elif row.kept.effect.kind == "followup" and row.kept.status == "done":
                row.closed = row.closed or turn.closes

    # Reads

    async def runs_of_turn(self, run_id: RunId) -> list[Run]:
        """See `ports.Runs`."""
        asked = await self.run(run_id)
        if asked is None:
            return []
        turn, line = asked.merged_into or asked.id, self._tables.lines[asked.conversation_id]
        return [run for run in line.behind(0) if turn in (run.id, run.merged_into)]

    async def waiting(self, limit: int) -> list[ConversationId]:
        """See `ports.Runs`. A conversation waits since its first unworked run arrived."""
        self._tables.check_open()
        now = self._clock.now()
        free = [line for line in self._tables.lines.values() if line.waits and line.free(now)]
        free.sort(key=lambda line: (line.runs[line.worked + 1].created_at, line.id))
        return [line.id for line in free[:limit]]

    async def run(self, run_id: RunId) -> Run | None:
        """See `ports.Runs`."""
        self._tables.check_open()
        return self._tables.run(run_id)

    async def steps(self, run_id: RunId) -> list[Step]:
        """See `ports.Runs`. A merged turn's steps are those of the run that it was recorded under."""
        self._tables.check_open()
        return list(self._tables.steps.get(run_id, ()))


def _check_new(tables: Tables, arrival: Arrival) -> None:
    """Ids are used once; a second use is a defect of whoever made them."""
    if arrival.run_id in tables.places:
        raise ValueError(f"run {arrival.run_id} exists already")
    begins = tables.line_at(arrival.pack, arrival.space, arrival.address) is None
    if begins and arrival.conversation_id in tables.lines:
        raise ValueError(f"conversation {arrival.conversation_id} exists already")


def _messages_at_head(line: Line) -> list[Run]:
    messages = []
    for run in line.unworked:
        if run.change.kind != "message":
            break
        messages.append(run)
    return messages


def _newer_message(line: Line, claim: Claim) -> bool:
    """Whether a message waits right behind a claim.

    One further behind does not count: a merged claim could not take it along, and the draft would be
    abandoned for ever.
    """
    behind = line.behind(claim.run.position)[:1]
    return any(run.change.kind == "message" for run in behind)


def _give_back(line: Line, claim: Claim) -> None:
    _put_all(line, (replace(run, status="queued") for run in claim.runs))
    line.change_hands(None)


def _put_all(line: Line, runs: Iterable[Run]) -> None:
    for run in runs:
        line.put(run)


def _finished(turn: CompletedTurn) -> list[Run]:
    """The runs of a turn as it ends: all with its outcome, the earlier ones merged into the last."""
    outcome = replace(turn.outcome, facts=stored(turn.outcome.facts))
    last = turn.claim.run
    return [
        replace(
            run,
            status=outcome.status,
            outcome=outcome,
            finished_at=turn.at if outcome.status in ENDED else None,
            merged_into=None if run is last else last.id,
        )
        for run in turn.claim.runs
    ]


def _kept(turn: CompletedTurn) -> list[KeptEffect]:
    return [
        KeptEffect(
            key=key,
            run_id=turn.claim.run.id,
            conversation_id=turn.claim.conversation_id,
            # When it is due is the kept effect's to say, which a retry moves; its place is in its key.
            effect=replace(effect, payload=stored(effect.payload), due_at=None, place=None),
            status="pending",
            due_at=effect.due_at or turn.at,
            attempts=0,
        )
        for key, effect in zip(keys_of(turn.claim.run.id, turn.effects), turn.effects, strict=True)
    ]


def _captured(tables: Tables, turn: CompletedTurn) -> list[LeadRecord]:
    for lead in turn.leads:
        if lead.id in tables.leads:
            raise ValueError(f"lead {lead.id} exists already")
    return [
        LeadRecord(
            lead=replace(lead, values=stored(lead.values)),
            conversation_id=turn.claim.conversation_id,
            run_id=turn.claim.run.id,
            pack=turn.claim.pack,
            captured_at=turn.at,
        )
        for lead in turn.leads
    ]
