"""Reads that are the same SQL on every database. A store says how a query is run, and has them all.

Values stand in the text by name, as `:tenant`; each store binds them in its own way.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from antiphon.core.chain import SealedEvent
from antiphon.core.effect import UNSETTLED, KeptEffect
from antiphon.core.names import ConversationId, EffectKey, PackName, RunId
from antiphon.core.run import Run
from antiphon.core.step import Step
from antiphon.ports import ConversationRecord, Depths, LeadRecord, RunQuery, Said, StrayEvent
from antiphon.storage import codec
from antiphon.storage.codec import Row
from antiphon.storage.listing import Dialect, listing
from antiphon.storage.process_views import SqlProcessViews
from antiphon.storage.select import Select

T = TypeVar("T")

TENANTS = "SELECT tenant FROM conversations UNION SELECT tenant FROM events ORDER BY 1"
RUN = "SELECT * FROM runs WHERE tenant = :tenant AND id = :id"
RUNS_OF_TURN = """
SELECT r.* FROM runs asked JOIN runs r ON r.tenant = asked.tenant AND r.conversation_id = asked.conversation_id
   AND coalesce(r.merged_into, r.id) = coalesce(asked.merged_into, asked.id)
 WHERE asked.tenant = :tenant AND asked.id = :id ORDER BY r.position
"""
STEPS = "SELECT * FROM steps WHERE tenant = :tenant AND run_id = :run_id ORDER BY place"
EFFECT = "SELECT * FROM effects WHERE tenant = :tenant AND key = :key"
WAITING = """
SELECT c.id FROM conversations c
  JOIN runs r ON r.tenant = c.tenant AND r.conversation_id = c.id AND r.position = c.worked + 1
 WHERE c.tenant = :tenant AND c.worked < c.last_position AND (c.lease_owner IS NULL OR c.lease_until <= {now})
 ORDER BY r.created_at, c.id LIMIT :limit
"""
# An operator waits for these; what is done or cancelled only piles up.
DEPTHS = """
SELECT 'waiting' AS name, count(*) AS amount, min(r.created_at) AS since FROM conversations c
  JOIN runs r ON r.tenant = c.tenant AND r.conversation_id = c.id AND r.position = c.worked + 1
 WHERE c.tenant = :tenant AND c.worked < c.last_position
UNION ALL
SELECT e.status, count(*), NULL FROM effects e
 WHERE e.tenant = :tenant AND e.status IN ('pending', 'performing', 'dead', 'parked') GROUP BY e.status
"""
CONVERSATION_IDS = "SELECT id FROM conversations WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT :limit"
CONVERSATION = "SELECT * FROM conversations WHERE tenant = :tenant AND id = :id"
CONVERSATIONS = """
SELECT * FROM conversations WHERE tenant = :tenant AND pack = :pack AND id > :after ORDER BY id LIMIT :limit
"""
# No index leads from an address alone: people ask for it by hand.
CONVERSATIONS_WITH = """
SELECT DISTINCT c.* FROM addresses a JOIN conversations c ON c.tenant = a.tenant AND c.contact_id = a.contact_id
 WHERE a.tenant = :tenant AND a.address = :address ORDER BY c.id LIMIT :limit
"""
CONVERSATION_AT = """
SELECT c.* FROM addresses a
  JOIN conversations c ON c.tenant = a.tenant AND c.contact_id = a.contact_id AND c.pack = :pack
 WHERE a.tenant = :tenant AND a.space = :space AND a.address = :address
"""
EVENTS = """
SELECT * FROM events WHERE tenant = :tenant AND conversation_id = :id AND sequence > :after
 ORDER BY sequence LIMIT :limit
"""
STRAY_EVENTS = """
SELECT conversation_id, sequence, kind FROM events e
 WHERE tenant = :tenant AND (sequence < 1 OR NOT EXISTS
       (SELECT 1 FROM conversations c WHERE c.tenant = e.tenant AND c.id = e.conversation_id))
 ORDER BY conversation_id, sequence LIMIT :limit
"""
SAID = """
SELECT kind, at, payload FROM events WHERE tenant = :tenant AND conversation_id = :id
   AND kind IN ('message_received', 'message_sent') AND payload IS NOT NULL ORDER BY sequence
"""
# LEAD-100000 comes after LEAD-99999.
LEADS = """
SELECT * FROM leads WHERE tenant = :tenant AND pack = :pack AND (length(id), id) > (length(:after), :after)
 ORDER BY length(id), id LIMIT :limit
"""


class SqlViews(SqlProcessViews):
    """`ports.Views`, and the reads of people, processes, runs and effects, of one tenant."""

    def __init__(self, select: Select, dialect: Dialect) -> None:
        super().__init__(select)
        self._dialect = dialect

    # Runs and effects

    async def run(self, run_id: RunId) -> Run | None:
        """See `ports.Runs`."""
        return _one(await self._select(codec.run_of, RUN, id=run_id))

    async def steps(self, run_id: RunId) -> list[Step]:
        """See `ports.Runs`."""
        return await self._select(codec.step_of, STEPS, run_id=run_id)

    async def runs_of_turn(self, run_id: RunId) -> list[Run]:
        """See `ports.Runs`."""
        return await self._select(codec.run_of, RUNS_OF_TURN, id=run_id)

    async def runs(self, query: RunQuery) -> list[Run]:
        """See `ports.Views`."""
        statement, values = listing(query, self._dialect)
        return await self._select(codec.run_of, statement, **values)

    async def effect(self, key: EffectKey) -> KeptEffect | None:
        """See `ports.Effects`."""
        return _one(await self._select(codec.effect_of, EFFECT, key=key))

    async def depths(self) -> Depths:
        """See `ports.Views`."""
        (_, waiting, since), *effects = await self._select(_depth, DEPTHS)
        return Depths(
            waiting=waiting,
            waiting_since=None if since is None else codec.to_moment(since),
            effects={**dict.fromkeys(UNSETTLED, 0), **{status: amount for status, amount, _ in effects}},
        )

    # Conversations

    async def conversation_ids(self, *, after: ConversationId = "", limit: int = 1000) -> list[ConversationId]:
        """See `ports.Views`."""
        return await self._select(_id, CONVERSATION_IDS, after=after, limit=limit)

    async def conversation(self, conversation_id: ConversationId) -> ConversationRecord | None:
        """See `ports.Views`."""
        return _one(await self._select(codec.conversation_of, CONVERSATION, id=conversation_id))

    async def conversations(self, pack: PackName, *, after: str = "", limit: int = 100) -> list[ConversationRecord]:
        """See `ports.Views`."""
        return await self._select(codec.conversation_of, CONVERSATIONS, pack=pack, after=after, limit=limit)

    async def conversations_with(self, address: str, *, limit: int = 100) -> list[ConversationRecord]:
        """See `ports.Views`."""
        return await self._select(codec.conversation_of, CONVERSATIONS_WITH, address=address, limit=limit)

    async def conversation_at(self, pack: PackName, space: str, address: str) -> ConversationRecord | None:
        """See `ports.Views`."""
        found = await self._select(codec.conversation_of, CONVERSATION_AT, pack=pack, space=space, address=address)
        return _one(found)

    # Their logs

    async def events(self, conversation_id: ConversationId, *, after: int = 0, limit: int = 1000) -> list[SealedEvent]:
        """See `ports.Views`."""
        return await self._select(codec.event_of, EVENTS, id=conversation_id, after=after, limit=limit)

    async def stray_events(self, *, limit: int = 100) -> list[StrayEvent]:
        """See `ports.Views`."""
        return await self._select(_stray_event, STRAY_EVENTS, limit=limit)

    async def transcripts(self, conversation_ids: Sequence[ConversationId]) -> dict[ConversationId, list[Said]]:
        """See `ports.Views`."""
        return {one: await self._select(codec.said_of, SAID, id=one) for one in conversation_ids}

    async def leads(self, pack: PackName, *, after: str = "", limit: int = 1000) -> list[LeadRecord]:
        """See `ports.Views`."""
        return await self._select(codec.lead_of, LEADS, pack=pack, after=after, limit=limit)


def _one(found: list[T]) -> T | None:
    return found[0] if found else None


def _depth(row: Row) -> tuple[Any, int, int | None]:
    return row["name"], row["amount"], row["since"]


def _id(row: Row) -> str:
    return str(row["id"])


def _stray_event(row: Row) -> StrayEvent:
    return StrayEvent(conversation_id=str(row["conversation_id"]), sequence=row["sequence"], kind=str(row["kind"]))
