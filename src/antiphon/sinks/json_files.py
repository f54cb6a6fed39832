"""AutoStream's two JSON files, written from committed data (contract: AS.31 to AS.36).

`leads/leads.json` is complete before the reply that announces a lead. `conversations/conversations.json` follows
within a second while it is small; when it has grown, writing it takes at most a twentieth of a core. Both are
copies: they are rewritten at start, and whatever happens to them, the store has it all.
"""

import asyncio
import logging
from bisect import insort
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import orjson

from antiphon.core.errors import StoreUnavailable
from antiphon.core.names import ConversationId, Moment, PackName
from antiphon.ports import CompletedTurn, ConversationRecord, LeadRecord, Said, Views
from antiphon.sinks.atomic import sweep_unfinished, write_atomically

log = logging.getLogger(__name__)

LEADS_FILE = Path("leads/leads.json")
CONVERSATIONS_FILE = Path("conversations/conversations.json")
BEHIND_SECONDS = 0.5  # how long changes are gathered before the conversations are written
SHARE_OF_A_CORE = 0.05
PAGE = 10  # conversations read at once; while they are, turns share the interpreter with them


class JsonFiles:
    """A sink for one pack. `start` before the first turn, `stop` after the last."""

    def __init__(self, folder: Path, views: Views, *, pack: PackName, space: str) -> None:
        self._folder = folder
        self._views = views
        self._pack = pack
        self._space = space
        self._leads: list[tuple[_Place, ConversationId, bytes]] = []  # the lines of the file, in order, and whose
        self._changes = 0  # how often they have changed
        self._written = -1  # up to which change the file is written; -1 before it was
        self._writing = asyncio.Lock()
        self._dirty = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Write both files anew from the store, and follow it from now on."""
        for file in (LEADS_FILE, CONVERSATIONS_FILE):
            await asyncio.to_thread(sweep_unfinished, self._folder / file)
        self._leads = [
            (_place(record.lead.id), record.conversation_id, _lead(record))
            async for record in all_leads(self._views, self._pack)
        ]
        await self._write_leads(self._changes)
        if not (self._folder / CONVERSATIONS_FILE).exists():
            await asyncio.to_thread(write_atomically, self._folder / CONVERSATIONS_FILE, [b"{}\n"])
        self._dirty.set()
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Write what is still owed."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._dirty.is_set():
            await self._write_conversations(share=1.0)
            await self._write_leads(self._changes)

    async def committed(self, turn: CompletedTurn) -> None:
        """Take note of a turn; when it captured a lead, return after the file holds it."""
        if turn.claim.pack != self._pack:
            return
        self._dirty.set()
        if turn.leads:
            for lead in turn.leads:  # of turns side by side, the one with the higher number may be committed first
                line = _lead_line(lead.id, dict(lead.values), turn.at, lead.status)
                insort(self._leads, (_place(lead.id), turn.claim.conversation_id, line))
            self._changes += 1
            await self._write_leads(self._changes)

    async def erased(self, conversation_id: ConversationId) -> None:
        """Return after the leads that are in the store no more are not in the file either; conversations follow."""
        self._dirty.set()
        known = {place for place, owner, _ in self._leads if owner == conversation_id}
        if not known:
            return
        gone = known - {_place(record.lead.id) async for record in all_leads(self._views, self._pack)}
        self._leads = [line for line in self._leads if line[0] not in gone]
        self._changes += 1
        await self._write_leads(self._changes)

    async def _write_leads(self, needed: int) -> None:
        """Write until the file is as after that change; those that queue up share one write."""
        async with self._writing:
            if needed <= self._written:
                return
            changes, lines = self._changes, [line for _, _, line in self._leads]
            try:
                await asyncio.to_thread(write_atomically, self._folder / LEADS_FILE, _array(lines))
                self._written = changes
            except OSError:
                # The lead itself is committed; the file is owed, and written as soon as it can be.
                self._dirty.set()
                log.exception("%s cannot be written", LEADS_FILE)

    async def _follow(self) -> None:
        while True:
            await self._dirty.wait()
            await asyncio.sleep(BEHIND_SECONDS)
            await self._write_conversations(share=SHARE_OF_A_CORE)
            await self._write_leads(self._changes)

    async def _write_conversations(self, share: float) -> None:
        self._dirty.clear()
        try:
            await write_conversations(
                self._folder / CONVERSATIONS_FILE, self._views, self._pack, self._space, share=share
            )
        except (OSError, StoreUnavailable):
            self._dirty.set()  # owed still
            log.exception("%s cannot be written", CONVERSATIONS_FILE)


async def write_leads(path: Path, views: Views, pack: PackName) -> int:
    """Write all leads of a pack to a file; how many there were."""
    leads = [_lead(record) async for record in all_leads(views, pack)]
    await asyncio.to_thread(write_atomically, path, _array(leads))
    return len(leads)


async def write_conversations(path: Path, views: Views, pack: PackName, space: str, *, share: float = 1.0) -> int:
    """Write all conversations of a pack to a file, taking at most that share of a core; how many there were."""
    parts: list[bytes] = []
    pace = _Pace(share)
    async for record, said in all_conversations(views, pack, space):
        parts.append(orjson.dumps(record.address) + b": " + _entry(record, said))
        if len(parts) % PAGE == 0:
            await pace.rest()
    await asyncio.to_thread(write_atomically, path, [b"{\n", b",\n".join(parts), b"\n}\n"])
    await pace.rest()
    return len(parts)


class _Pace:
    """Keeps work to a share of a core: after each piece of it, a rest as long as the share asks for."""

    def __init__(self, share: float) -> None:
        self._rest_per_work = (1 - share) / share
        self._began = perf_counter()

    async def rest(self) -> None:
        """Rest from what was done since the last rest."""
        if self._rest_per_work:
            await asyncio.sleep((perf_counter() - self._began) * self._rest_per_work)
        self._began = perf_counter()


async def all_leads(views: Views, pack: PackName) -> AsyncIterator[LeadRecord]:
    """Every lead of a pack, page by page."""
    after = ""
    while page := await views.leads(pack, after=after):
        for record in page:
            yield record
        after = page[-1].lead.id


async def all_conversations(
    views: Views, pack: PackName, space: str
) -> AsyncIterator[tuple[ConversationRecord, list[Said]]]:
    """Every conversation of a pack that is known by an outside id of that kind and in which something was said."""
    after = ""
    while page := await views.conversations(pack, after=after, limit=PAGE):
        said = await views.transcripts([record.id for record in page])
        for record in page:
            if record.space == space and said[record.id]:
                yield record, said[record.id]
        after = page[-1].id


_Place: TypeAlias = tuple[int, str]


def _place(lead_id: str) -> _Place:
    """Where a lead stands among others: as in the store, LEAD-100000 comes after LEAD-99999."""
    return len(lead_id), lead_id


def _array(lines: list[bytes]) -> list[bytes]:
    return [b"[\n", b",\n".join(lines), b"\n]\n"]


def _time(moment: Moment) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _lead(record: LeadRecord) -> bytes:
    return _lead_line(record.lead.id, dict(record.lead.values), record.captured_at, record.lead.status)


def _lead_line(lead_id: str, values: dict[str, Any], at: Moment, status: str) -> bytes:
    return orjson.dumps({"lead_id": lead_id, **values, "timestamp": _time(at), "status": status}, option=_READABLE)


def _entry(record: ConversationRecord, said: list[Said]) -> bytes:
    state = record.state
    collected = {"name": None, "email": None, "platform": None, **state.collected}
    entry = {
        "messages": [{"role": one.role, "content": one.text, "timestamp": _time(one.at)} for one in said],
        "intent": state.intent,
        "retrieved_knowledge": [passage.get("text") or passage["id"] for passage in state.retrieved],
        "collected_lead": collected,
        "response": state.response,
        "lead_captured": state.lead_id is not None,
        "updated_at": _time(record.updated_at),
    }
    return orjson.dumps(entry, option=_READABLE)


_READABLE = orjson.OPT_INDENT_2
