"""Reads in memory, for lists, exports and proofs."""

from collections import Counter
from collections.abc import Iterator, Sequence

from antiphon.core.chain import SealedEvent
from antiphon.core.effect import UNSETTLED
from antiphon.core.event import MessageReceived, MessageSent, decode
from antiphon.core.names import ConversationId, Moment, PackName, RunId
from antiphon.core.run import Run
from antiphon.ports import ConversationRecord, Depths, LeadRecord, RunQuery, Said, StrayEvent
from antiphon.testing.tables import Line, MemoryPart


class MemoryViews(MemoryPart):
    """`ports.Views` of one tenant."""

    async def runs(self, query: RunQuery) -> list[Run]:
        """See `ports.Views`."""
        self._tables.check_open()
        runs = (run for line in self._tables.lines.values() if line.pack == query.pack for run in line.runs.values())
        wanted = sorted((run for run in runs if _is_wanted(run, query)), key=_time, reverse=True)
        return wanted[: query.limit]

    async def depths(self) -> Depths:
        """See `ports.Views`."""
        self._tables.check_open()
        waiting = [line.unworked[0].created_at for line in self._tables.lines.values() if line.waits]
        statuses = Counter(row.kept.status for row in self._tables.effects.values())
        return Depths(
            waiting=len(waiting),
            waiting_since=min(waiting, default=None),
            effects={status: statuses[status] for status in UNSETTLED},
        )

    async def conversation_ids(self, *, after: ConversationId = "", limit: int = 1000) -> list[ConversationId]:
        """See `ports.Views`."""
        self._tables.check_open()
        return sorted(line_id for line_id in self._tables.lines if line_id > after)[:limit]

    async def conversation(self, conversation_id: ConversationId) -> ConversationRecord | None:
        """See `ports.Views`. In memory nothing is damaged."""
        self._tables.check_open()
        line = self._tables.lines.get(conversation_id)
        return _record(line) if line else None

    async def conversations_with(self, address: str, *, limit: int = 100) -> list[ConversationRecord]:
        """See `ports.Views`."""
        self._tables.check_open()
        people = {person for (_, known), person in self._tables.contacts.items() if known == address}
        lines = (line for line in self._tables.lines.values() if line.contact_id in people)
        return [_record(line) for line in sorted(lines, key=lambda line: line.id)[:limit]]

    async def stray_events(self, *, limit: int = 100) -> list[StrayEvent]:  # noqa: ARG002 - there are none to limit
        """See `ports.Views`. In memory an event lies in its conversation."""
        self._tables.check_open()
        return []

    async def conversations(
        self, pack: PackName, *, after: ConversationId = "", limit: int = 100
    ) -> list[ConversationRecord]:
        """See `ports.Views`."""
        self._tables.check_open()
        lines = sorted(
            (line for line in self._tables.lines.values() if line.pack == pack and line.id > after),
            key=lambda line: line.id,
        )
        return [_record(line) for line in lines[:limit]]

    async def conversation_at(self, pack: PackName, space: str, address: str) -> ConversationRecord | None:
        """See `ports.Views`."""
        self._tables.check_open()
        line = self._tables.line_at(pack, space, address)
        return _record(line) if line else None

    async def events(self, conversation_id: ConversationId, *, after: int = 0, limit: int = 1000) -> list[SealedEvent]:
        """See `ports.Views`."""
        self._tables.check_open()
        line = self._tables.lines.get(conversation_id)
        return line.events[after : after + limit] if line else []

    async def transcripts(self, conversation_ids: Sequence[ConversationId]) -> dict[ConversationId, list[Said]]:
        """See `ports.Views`. A conversation that is not known has said nothing."""
        self._tables.check_open()
        return {conversation_id: self._said(conversation_id) for conversation_id in conversation_ids}

    def _said(self, conversation_id: ConversationId) -> list[Said]:
        line = self._tables.lines.get(conversation_id)
        return [said for event in (line.events if line else ()) if (said := _said_in(event)) is not None]

    async def leads(self, pack: PackName, *, after: str = "", limit: int = 1000) -> list[LeadRecord]:
        """See `ports.Views`."""
        self._tables.check_open()
        of_pack = (record for record in self._tables.leads.values() if record.pack == pack)
        later = (record for record in of_pack if _number(record.lead.id) > _number(after))
        return sorted(later, key=lambda record: _number(record.lead.id))[:limit]


def _time(run: Run) -> tuple[Moment, RunId]:
    return run.created_at, run.id


def _is_wanted(run: Run, query: RunQuery) -> bool:
    return (
        (query.before is None or _time(run) < query.before)
        and (not query.statuses or run.status in query.statuses)
        and (query.intent is None or (run.outcome is not None and run.outcome.intent == query.intent))
        and (not query.text or any(query.text.lower() in text.lower() for text in _searched(run)))
    )


def _searched(run: Run) -> Iterator[str]:
    yield run.change.value
    for name in ("sender_name", "sender_email", "subject"):
        yield str(run.change.data.get(name) or "")


def _number(lead_id: str) -> tuple[int, str]:
    """What leads are ordered by: a shorter id has the smaller number."""
    return len(lead_id), lead_id


def _said_in(event: SealedEvent) -> Said | None:
    """The message that an event is about, or None when it is about none, or was erased."""
    match decode(event.kind, event.payload) if event.payload is not None else None:
        case MessageReceived(text=text):
            return Said(role="user", text=text, at=event.at)
        case MessageSent(text=text):
            return Said(role="assistant", text=text, at=event.at)
        case _:
            return None


def _record(line: Line) -> ConversationRecord:
    return ConversationRecord(
        id=line.id,
        contact_id=line.contact_id,
        pack=line.pack,
        pack_version=line.pack_version,
        space=line.space,
        address=line.address,
        state=line.state,
        sequence=line.sequence,
        head=line.head,
        created_at=line.created_at,
        updated_at=line.updated_at,
    )
