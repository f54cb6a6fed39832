"""Reads about people and processes that are the same SQL on every database."""

import asyncio
from typing import cast

from antiphon.core.event import BindingMigrated, BindingMoved, decode
from antiphon.core.names import ContactId, PackName
from antiphon.ports import (
    BindingQuery,
    BindingRecord,
    ContactRecord,
    ConversationItem,
    ConversationQuery,
    FollowUpQuery,
    FollowUpRecord,
    MoveRecord,
    Tally,
)
from antiphon.storage.binding_rows import binding_of
from antiphon.storage.codec import Row, conversation_of, effect_of, moment_or_none, to_moment
from antiphon.storage.contact_rows import contact_row, contacts_of
from antiphon.storage.process_pages import (
    FOLLOW_UP,
    binding_page,
    binding_values,
    conversation_page,
    conversation_values,
    follow_up_page,
    follow_up_values,
)
from antiphon.storage.select import Select
from antiphon.storage.tally import Count, tallied

_WITH_ADDRESSES = """
SELECT c.*, a.space, a.address, a.preferred, a.verified FROM ({}) AS c
  LEFT JOIN addresses a ON a.tenant = c.tenant AND a.contact_id = c.id
 ORDER BY c.created_at DESC, c.id DESC, a.space, a.address
"""
CONTACT = _WITH_ADDRESSES.format("SELECT * FROM contacts WHERE tenant = :tenant AND id = :id")
CONTACT_OF = _WITH_ADDRESSES.format("SELECT * FROM contacts WHERE tenant = :tenant AND external_id = :external_id")
CONTACTS = _WITH_ADDRESSES.format(
    "SELECT * FROM contacts WHERE tenant = :tenant AND name <> ''"
    " ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset"
)
BINDING = "SELECT * FROM bindings WHERE tenant = :tenant AND id = :id"
MOVES = """
SELECT sequence, kind, at, payload FROM events WHERE tenant = :tenant AND conversation_id = :id
   AND kind IN ('binding_moved', 'binding_migrated') AND payload IS NOT NULL ORDER BY sequence
"""
_COUNT = "SELECT '{}' AS what, {} AS name, {} AS part, count(*) AS amount FROM {} WHERE tenant = :tenant AND {}"
_OF_PACK = "pack = :pack"
TALLIES = (
    _COUNT.format("conversation", "status", "NULL", "conversations", f"{_OF_PACK} GROUP BY status"),
    _COUNT.format(
        "channel",
        "active_channel",
        "NULL",
        "conversations",
        f"{_OF_PACK} AND active_channel IS NOT NULL GROUP BY active_channel",
    ),
    _COUNT.format("contact", "''", "NULL", "contacts", "name <> ''"),
    _COUNT.format("follow_up", "status", "closed", "effects", f"{_OF_PACK} AND {FOLLOW_UP} GROUP BY status, closed"),
    _COUNT.format("binding", "process_type", "state", "bindings", f"{_OF_PACK} GROUP BY process_type, state"),
    _COUNT.format("open", "''", "NULL", "bindings", f"{_OF_PACK} AND is_terminal = 0"),
)


class SqlProcessViews:
    """The reads of `ports.Contacts`, and `ports.ProcessViews`, of one tenant."""

    def __init__(self, select: Select) -> None:
        self._select = select

    async def contact(self, contact_id: ContactId) -> ContactRecord | None:
        """See `ports.Contacts`."""
        found = contacts_of(await self._select(contact_row, CONTACT, id=contact_id))
        return found[0] if found else None

    async def contact_of(self, external_id: str) -> ContactRecord | None:
        """See `ports.Contacts`."""
        found = contacts_of(await self._select(contact_row, CONTACT_OF, external_id=external_id))
        return found[0] if found else None

    async def contacts(self, *, limit: int = 50, offset: int = 0) -> list[ContactRecord]:
        """See `ports.Contacts`."""
        return contacts_of(await self._select(contact_row, CONTACTS, limit=limit, offset=offset))

    async def conversation_list(self, query: ConversationQuery) -> list[ConversationItem]:
        """See `ports.ProcessViews`."""
        return await self._select(_item, conversation_page(query), **conversation_values(query))

    async def bindings(self, query: BindingQuery) -> list[BindingRecord]:
        """See `ports.ProcessViews`."""
        return await self._select(binding_of, binding_page(query), **binding_values(query))

    async def binding(self, binding_id: str) -> BindingRecord | None:
        """See `ports.ProcessViews`."""
        found = await self._select(binding_of, BINDING, id=binding_id)
        return found[0] if found else None

    async def moves(self, binding: BindingRecord) -> list[MoveRecord]:
        """See `ports.ProcessViews`."""
        moves = await self._select(_move, MOVES, id=binding.conversation_id)
        return [move for move in moves if move.moved.binding_id == binding.id]

    async def follow_ups(self, query: FollowUpQuery) -> list[FollowUpRecord]:
        """See `ports.ProcessViews`."""
        return await self._select(_follow_up, follow_up_page(query), **follow_up_values(query))

    async def tally(self, pack: PackName) -> Tally:
        """See `ports.ProcessViews`."""
        # Side by side, as far as there are readers.
        values = [{"pack": pack} if ":pack" in query else {} for query in TALLIES]
        reads = (self._select(_count, query, **given) for query, given in zip(TALLIES, values, strict=True))
        return tallied([count for counts in await asyncio.gather(*reads) for count in counts])


def _item(row: Row) -> ConversationItem:
    record = conversation_of(row)
    return ConversationItem(
        id=record.id,
        contact_id=record.contact_id,
        state=record.state,
        created_at=record.created_at,
        updated_at=record.updated_at,
        resolved_at=moment_or_none(row["resolved_at"]),
    )


def _move(row: Row) -> MoveRecord:
    moved = cast("BindingMoved | BindingMigrated", decode(row["kind"], row["payload"]))
    return MoveRecord(at=to_moment(row["at"]), sequence=row["sequence"], moved=moved)


def _follow_up(row: Row) -> FollowUpRecord:
    return FollowUpRecord(
        kept=effect_of(row),
        contact_id=row["contact_id"],
        created_at=to_moment(row["created_at"]),
        started_at=moment_or_none(row["started_at"]),
        closed=row["closed"] or None,
    )


def _count(row: Row) -> Count:
    return row["what"], row["name"], row["part"], row["amount"]
