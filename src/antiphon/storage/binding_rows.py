"""Bindings as rows and back: the same on every database."""

import orjson

from antiphon.core.event import BindingBegun, BindingMigrated, BindingMoved
from antiphon.ports import BindingRecord, CompletedTurn
from antiphon.storage.codec import Row, dump, moment_or_none, to_micros, to_moment
from antiphon.storage.turn_rows import Values

BINDING_COLUMNS = (
    "id",
    "conversation_id",
    "contact_id",
    "pack",
    "process_type",
    "version",
    "state",
    "entity_id",
    "entity_type",
    "business_data",
    "is_terminal",
    "created_at",
    "updated_at",
    "resolved_at",
)

MOVED_COLUMNS = ("version", "state", "is_terminal", "updated_at", "resolved_at")


def begun_row(turn: CompletedTurn, event: BindingBegun) -> Values:
    """A binding that begins in a turn, in the order of `BINDING_COLUMNS`."""
    at = to_micros(turn.at)
    return (
        event.binding_id,
        turn.claim.conversation_id,
        turn.claim.contact_id,
        turn.claim.pack,
        event.process_type,
        event.version,
        event.state,
        event.entity_id,
        event.entity_type,
        dump(event.business_data),
        int(event.is_terminal),
        at,
        at,
        at if event.is_terminal else None,
    )


def moved_row(turn: CompletedTurn, event: BindingMoved | BindingMigrated) -> Values:
    """What moves, in the order of `MOVED_COLUMNS`."""
    version = event.to_version if isinstance(event, BindingMigrated) else event.version
    at = to_micros(turn.at)
    return (version, event.to_state, int(event.is_terminal), at, at if event.is_terminal else None)


def record_row(record: BindingRecord) -> Values:
    """A binding as it is known, in the order of `BINDING_COLUMNS`."""
    return (
        record.id,
        record.conversation_id,
        record.contact_id,
        record.pack,
        record.process_type,
        record.version,
        record.state,
        record.entity_id,
        record.entity_type,
        dump(record.business_data),
        int(record.is_terminal),
        to_micros(record.created_at),
        to_micros(record.updated_at),
        to_micros(record.resolved_at) if record.resolved_at else None,
    )


def binding_of(row: Row) -> BindingRecord:
    """A row of `bindings`."""
    return BindingRecord(
        id=row["id"],
        conversation_id=row["conversation_id"],
        contact_id=row["contact_id"],
        pack=row["pack"],
        process_type=row["process_type"],
        version=row["version"],
        state=row["state"],
        entity_id=row["entity_id"],
        entity_type=row["entity_type"],
        business_data=orjson.loads(row["business_data"]),
        is_terminal=bool(row["is_terminal"]),
        created_at=to_moment(row["created_at"]),
        updated_at=to_moment(row["updated_at"]),
        resolved_at=moment_or_none(row["resolved_at"]),
    )
