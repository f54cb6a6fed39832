"""Reads on SQLite, on threads of their own: they see the last commit and never wait for the writer."""

import sqlite3
from collections.abc import Sequence

from antiphon.core.chain import SealedEvent
from antiphon.core.effect import KeptEffect
from antiphon.core.names import ConversationId, EffectKey, PackName, RunId, Tenant
from antiphon.core.run import Run
from antiphon.core.step import Step
from antiphon.ports import ConversationRecord, LeadRecord, Said, StrayEvent
from antiphon.storage import codec


def waiting(db: sqlite3.Connection, tenant: Tenant, now: int, limit: int) -> list[ConversationId]:
    """Conversations with work that nobody holds, longest waiting first."""
    rows = db.execute(
        "SELECT c.id FROM conversations c JOIN runs r"
        " ON r.tenant = c.tenant AND r.conversation_id = c.id AND r.position = c.worked + 1"
        " WHERE c.tenant = ? AND c.worked < c.last_position AND (c.lease_owner IS NULL OR c.lease_until <= ?)"
        " ORDER BY r.created_at, c.id LIMIT ?",
        (tenant, now, limit),
    )
    return [row["id"] for row in rows]


def run(db: sqlite3.Connection, tenant: Tenant, run_id: RunId) -> Run | None:
    """One run."""
    row = db.execute("SELECT * FROM runs WHERE tenant = ? AND id = ?", (tenant, run_id)).fetchone()
    return codec.run_of(row) if row else None


def steps(db: sqlite3.Connection, tenant: Tenant, run_id: RunId) -> list[Step]:
    """A run's steps in order."""
    rows = db.execute("SELECT * FROM steps WHERE tenant = ? AND run_id = ? ORDER BY place", (tenant, run_id))
    return [codec.step_of(row) for row in rows]


def effect(db: sqlite3.Connection, tenant: Tenant, key: EffectKey) -> KeptEffect | None:
    """One effect."""
    row = db.execute("SELECT * FROM effects WHERE tenant = ? AND key = ?", (tenant, key)).fetchone()
    return codec.effect_of(row) if row else None


def tenants(db: sqlite3.Connection) -> list[Tenant]:
    """Whose data is here, in order."""
    rows = db.execute("SELECT tenant FROM conversations UNION SELECT tenant FROM events ORDER BY 1")
    return [row["tenant"] for row in rows]


# An audit reads what was damaged. Python binds no text that is none, but its bytes as they were.


def conversation_ids(db: sqlite3.Connection, tenant: Tenant, after: ConversationId, limit: int) -> list[ConversationId]:
    """The ids of every pack's conversations, in order."""
    rows = db.execute(
        "SELECT id FROM conversations WHERE tenant = CAST(? AS TEXT) AND id > CAST(? AS TEXT) ORDER BY id LIMIT ?",
        (_raw(tenant), _raw(after), limit),
    )
    return [row["id"] for row in rows]


def conversation(db: sqlite3.Connection, tenant: Tenant, conversation_id: ConversationId) -> ConversationRecord | None:
    """One conversation."""
    row = db.execute(
        "SELECT * FROM conversations WHERE tenant = CAST(? AS TEXT) AND id = CAST(? AS TEXT)",
        (_raw(tenant), _raw(conversation_id)),
    ).fetchone()
    return codec.conversation_of(row) if row else None


def events(
    db: sqlite3.Connection, tenant: Tenant, conversation_id: ConversationId, after: int, limit: int
) -> list[SealedEvent]:
    """A conversation's events in order."""
    rows = db.execute(
        "SELECT * FROM events WHERE tenant = CAST(? AS TEXT) AND conversation_id = CAST(? AS TEXT) AND sequence > ?"
        " ORDER BY sequence LIMIT ?",
        (_raw(tenant), _raw(conversation_id), after, limit),
    )
    return [codec.event_of(row) for row in rows]


def stray_events(db: sqlite3.Connection, tenant: Tenant, limit: int) -> list[StrayEvent]:
    """Events without a conversation, and such that lie before its log begins."""
    rows = db.execute(
        "SELECT conversation_id, sequence, kind FROM events e WHERE tenant = CAST(? AS TEXT) AND (sequence < 1 OR"
        " NOT EXISTS (SELECT 1 FROM conversations c WHERE c.tenant = e.tenant AND c.id = e.conversation_id))"
        " ORDER BY conversation_id, sequence LIMIT ?",
        (_raw(tenant), limit),
    )
    return [
        StrayEvent(conversation_id=str(row["conversation_id"]), sequence=row["sequence"], kind=str(row["kind"]))
        for row in rows
    ]


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def conversations_with(db: sqlite3.Connection, tenant: Tenant, address: str, limit: int) -> list[ConversationRecord]:
    """The conversations of whoever has an outside address. No index leads from it: people ask for it by hand."""
    rows = db.execute(
        "SELECT DISTINCT c.* FROM addresses a JOIN conversations c ON c.tenant = a.tenant"
        " AND c.contact_id = a.contact_id WHERE a.tenant = ? AND a.address = ? ORDER BY c.id LIMIT ?",
        (tenant, address, limit),
    )
    return [codec.conversation_of(row) for row in rows]


def conversations(
    db: sqlite3.Connection, tenant: Tenant, pack: PackName, after: ConversationId, limit: int
) -> list[ConversationRecord]:
    """A pack's conversations in the order of their ids."""
    rows = db.execute(
        "SELECT * FROM conversations WHERE tenant = ? AND pack = ? AND id > ? ORDER BY id LIMIT ?",
        (tenant, pack, after, limit),
    )
    return [codec.conversation_of(row) for row in rows]


def conversation_at(
    db: sqlite3.Connection, tenant: Tenant, pack: PackName, space: str, address: str
) -> ConversationRecord | None:
    """The conversation of an outside id with a pack."""
    row = db.execute(
        "SELECT c.* FROM addresses a JOIN conversations c"
        " ON c.tenant = a.tenant AND c.contact_id = a.contact_id AND c.pack = ?"
        " WHERE a.tenant = ? AND a.space = ? AND a.address = ?",
        (pack, tenant, space, address),
    ).fetchone()
    return codec.conversation_of(row) if row else None


def transcripts(
    db: sqlite3.Connection, tenant: Tenant, conversation_ids: Sequence[ConversationId]
) -> dict[ConversationId, list[Said]]:
    """What was said in each conversation, in order."""
    return {
        conversation_id: [
            codec.said_of(row)
            for row in db.execute(
                "SELECT kind, at, payload FROM events WHERE tenant = ? AND conversation_id = ?"
                " AND kind IN ('message_received', 'message_sent') AND payload IS NOT NULL ORDER BY sequence",
                (tenant, conversation_id),
            )
        ]
        for conversation_id in conversation_ids
    }


def leads(db: sqlite3.Connection, tenant: Tenant, pack: PackName, after: str, limit: int) -> list[LeadRecord]:
    """A pack's leads in the order of their numbers: LEAD-100000 comes after LEAD-99999."""
    rows = db.execute(
        "SELECT * FROM leads WHERE tenant = ? AND pack = ? AND (length(id), id) > (length(?), ?)"
        " ORDER BY length(id), id LIMIT ?",
        (tenant, pack, after, after, limit),
    )
    return [codec.lead_of(row) for row in rows]
