"""Bindings and follow-ups in memory."""

from collections import Counter
from collections.abc import Iterator

from antiphon.core.effect import Effect, KeptEffect
from antiphon.core.event import BindingMigrated, BindingMoved, decode
from antiphon.core.follow_up import FOLLOW_UPS
from antiphon.core.names import Moment, PackName, RunId
from antiphon.ports import (
    BindingQuery,
    BindingRecord,
    ConversationItem,
    ConversationQuery,
    FollowUpQuery,
    FollowUpRecord,
    MoveRecord,
    Promise,
    Tally,
)
from antiphon.testing.tables import KeptRow, Line, MemoryPart, stored


class MemoryProcesses(MemoryPart):
    """`ports.ProcessViews` and `ports.Promises` of one tenant."""

    async def promise(self, promises: tuple[Promise, ...], run_id: RunId = "") -> None:
        """See `ports.Promises`."""
        self._tables.check_open()
        kept = [_promised(one, run_id) for one in promises]
        for one in kept:
            if one.key not in self._tables.effects:
                self._tables.effects[one.key] = KeptRow(kept=one, created_at=self._clock.now())
                self._tables.open_effects.add(one.key)

    async def conversation_list(self, query: ConversationQuery) -> list[ConversationItem]:
        """See `ports.ProcessViews`."""
        self._tables.check_open()
        lines = sorted((line for line in self._tables.lines.values() if _is_wanted(line, query)), key=_age)
        return [_item(line) for line in lines[::-1][query.offset : query.offset + query.limit]]

    async def bindings(self, query: BindingQuery) -> list[BindingRecord]:
        """See `ports.ProcessViews`."""
        self._tables.check_open()
        found = (one for one in self._tables.bindings.values() if _is_asked(one, query))
        return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)[: query.limit]

    async def binding(self, binding_id: str) -> BindingRecord | None:
        """See `ports.ProcessViews`."""
        self._tables.check_open()
        return self._tables.bindings.get(binding_id)

    async def moves(self, binding: BindingRecord) -> list[MoveRecord]:
        """See `ports.ProcessViews`."""
        self._tables.check_open()
        line = self._tables.lines.get(binding.conversation_id)
        return [move for move in (_moves(line) if line else ()) if move.moved.binding_id == binding.id]

    async def follow_ups(self, query: FollowUpQuery) -> list[FollowUpRecord]:
        """See `ports.ProcessViews`."""
        self._tables.check_open()
        found = [
            one
            for one in self._follow_ups(query.pack)
            if (not query.statuses or one.status in query.statuses) and query.contact_id in (None, one.contact_id)
        ]
        return sorted(found, key=lambda one: (one.created_at, one.kept.key), reverse=True)[: query.limit]

    async def tally(self, pack: PackName) -> Tally:
        """See `ports.ProcessViews`."""
        self._tables.check_open()
        lines = [line for line in self._tables.lines.values() if line.pack == pack]
        bindings = [one for one in self._tables.bindings.values() if one.pack == pack]
        by_process: dict[str, Counter[str]] = {}
        for one in bindings:
            by_process.setdefault(one.process_type, Counter())[one.state] += 1
        return Tally(
            conversations=Counter(line.state.status for line in lines),
            channels=Counter(line.state.active_channel for line in lines if line.state.active_channel),
            contacts=sum(1 for record in self._tables.people.values() if record.details.name),
            follow_ups=Counter(one.status for one in self._follow_ups(pack)),
            bindings=by_process,
            open_bindings=sum(not one.is_terminal for one in bindings),
        )

    def _follow_ups(self, pack: PackName) -> Iterator[FollowUpRecord]:
        for row in self._tables.effects.values():
            line = self._tables.lines.get(row.kept.conversation_id)
            if line is None or line.pack != pack or row.kept.effect.kind not in FOLLOW_UPS or row.created_at is None:
                continue
            yield FollowUpRecord(
                kept=row.kept,
                contact_id=line.contact_id,
                created_at=row.created_at,
                started_at=row.started_at,
                closed=row.closed,
            )


def _promised(one: Promise, run_id: RunId) -> KeptEffect:
    effect = Effect(
        kind=one.kind, payload=stored(one.payload), repeatable=one.repeatable, max_attempts=one.max_attempts
    )
    return KeptEffect(
        key=one.key,
        run_id=run_id,
        conversation_id="",
        effect=effect,
        status="pending",
        due_at=one.due_at,
        attempts=0,
    )


def _is_wanted(line: Line, query: ConversationQuery) -> bool:
    return (
        line.pack == query.pack
        and query.status in (None, line.state.status)
        and (query.channel is None or query.channel in line.state.channels_used)
    )


def _is_asked(one: BindingRecord, query: BindingQuery) -> bool:
    return (
        one.pack == query.pack
        and query.process_type in (None, one.process_type)
        and query.state in (None, one.state)
        and query.contact_id in (None, one.contact_id)
        and query.conversation_id in (None, one.conversation_id)
        and query.entity in (None, (one.entity_type, one.entity_id))
        and not (query.open_only and one.is_terminal)
    )


def _age(line: Line) -> tuple[Moment, str]:
    return line.created_at, line.id


def _item(line: Line) -> ConversationItem:
    return ConversationItem(
        id=line.id,
        contact_id=line.contact_id,
        state=line.state,
        created_at=line.created_at,
        updated_at=line.updated_at,
        resolved_at=line.resolved_at,
    )


def _moves(line: Line) -> Iterator[MoveRecord]:
    for sealed in line.events:
        if sealed.payload is None:
            continue
        event = decode(sealed.kind, sealed.payload)
        if isinstance(event, BindingMoved | BindingMigrated):
            yield MoveRecord(at=sealed.at, sequence=sealed.sequence, moved=event)
