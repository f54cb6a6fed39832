"""Processes: people with names and addresses, conversations by status and channel, bindings, follow-ups."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")  # ordered by its bytes, as SQLite does
BATCH = 1000  # conversations read at once

_C = ' text COLLATE "C"'
# Table, column, and its type as either database writes it. What is NOT NULL has a default, for rows that are there and
# for processes of the version before.
COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("contacts", "external_id", "TEXT"),
    ("contacts", "name", "TEXT NOT NULL DEFAULT ''"),
    ("contacts", "role", "TEXT"),
    ("contacts", "organization", "TEXT"),
    ("contacts", "tags", "TEXT NOT NULL DEFAULT '[]'"),
    ("contacts", "metadata", "TEXT NOT NULL DEFAULT '{}'"),
    ("addresses", "preferred", "INTEGER NOT NULL DEFAULT 0"),
    ("addresses", "verified", "INTEGER NOT NULL DEFAULT 1"),
    ("conversations", "status", "TEXT NOT NULL DEFAULT 'pending'"),
    ("conversations", "channels", "TEXT NOT NULL DEFAULT '[]'"),
    ("conversations", "active_channel", "TEXT"),
    ("conversations", "resolved_at", "BIGINT"),
    ("effects", "pack", "TEXT"),
    ("effects", "binding_id", "TEXT"),
    ("effects", "created_at", "BIGINT"),
    ("effects", "started_at", "BIGINT"),
    ("effects", "settled_at", "BIGINT"),
    ("effects", "closed", "TEXT NOT NULL DEFAULT ''"),
    ("effects", "detail", "TEXT"),
)
FOLLOW_UPS = "kind IN ('followup', 'check')"
INDEXES: tuple[tuple[str, str, list[str], dict[str, Any]], ...] = (
    (
        "contacts_by_external_id",
        "contacts",
        ["tenant", "external_id"],
        {"unique": True, "of": "external_id IS NOT NULL"},
    ),
    ("contacts_by_time", "contacts", ["tenant", "created_at", "id", "name"], {"of": "name <> ''"}),
    (
        "addresses_by_contact",
        "addresses",
        ["tenant", "contact_id", "space", "address", "preferred", "verified"],
        {},
    ),
    (
        "conversations_listed",
        "conversations",
        ["tenant", "pack", "status", "created_at", "id", "channels", "active_channel"],
        {},
    ),
    ("effects_due", "effects", ["tenant", "priority", "due_at", "key", "kind"], {"of": "status = 'pending'"}),
    (
        "effects_of_conversation",
        "effects",
        ["tenant", "conversation_id", "status", "created_at", "key", "kind"],
        {"of": FOLLOW_UPS},
    ),
    ("follow_ups", "effects", ["tenant", "pack", "status", "closed", "created_at", "key", "kind"], {"of": FOLLOW_UPS}),
    (
        "bindings_listed",
        "bindings",
        ["tenant", "pack", "is_terminal", "created_at", "id", "process_type", "state"],
        {},
    ),
    ("bindings_by_state", "bindings", ["tenant", "pack", "process_type", "state", "created_at", "id"], {}),
    ("bindings_by_entity", "bindings", ["tenant", "pack", "entity_type", "entity_id"], {}),
    ("bindings_of_conversation", "bindings", ["tenant", "pack", "conversation_id", "created_at", "id"], {}),
)

_PAGE = sa.text(
    "SELECT tenant, id, state FROM conversations WHERE (tenant, id) > (:tenant, :id) ORDER BY tenant, id LIMIT :batch"
)
_TOLD = sa.text(
    "SELECT kind, payload FROM events WHERE tenant = :tenant AND conversation_id = :id AND payload IS NOT NULL"
    " AND kind IN ('message_received', 'handed_off') ORDER BY sequence"
)
# Not when a process of the version before has written meanwhile; the next turn of this version does it then.
_FILL = sa.text(
    "UPDATE conversations SET state = :state, status = :status, channels = :channels, active_channel = :active"
    " WHERE tenant = :tenant AND id = :id AND state = :before"
)


def upgrade() -> None:
    """Add it all, and fold the logs that are there as they are folded from now on."""
    if op.get_bind().dialect.name == "sqlite":
        for table, column, kind in COLUMNS:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
        _create_bindings()
        for index in INDEXES:
            _create_index(*index)
        _fill()
        return
    # Each statement is a transaction of its own here, so each may have been done by somebody who was interrupted.
    with op.get_context().autocommit_block():
        for table, column, kind in COLUMNS:
            op.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} {kind.replace('TEXT', _C, 1)}")
        op.execute("DROP TABLE IF EXISTS bindings")  # of this revision, so it is empty
        _create_bindings()
        for index in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index[0]}")
            _create_index(*index, concurrently=True)
        _fill()


def _create_bindings() -> None:
    op.create_table(
        "bindings",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("conversation_id", TEXT, nullable=False),
        sa.Column("contact_id", TEXT, nullable=False),
        sa.Column("pack", TEXT, nullable=False),
        sa.Column("process_type", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("entity_id", TEXT, nullable=True),
        sa.Column("entity_type", TEXT, nullable=True),
        sa.Column("business_data", TEXT, nullable=False),
        sa.Column("is_terminal", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )


def _create_index(
    name: str, table: str, columns: list[str], options: dict[str, Any], *, concurrently: bool = False
) -> None:
    where = sa.text(options["of"]) if "of" in options else None
    op.create_index(
        name,
        table,
        columns,
        unique=options.get("unique", False),
        sqlite_where=where,
        postgresql_where=where,
        postgresql_concurrently=concurrently,
    )


def _fill() -> None:
    """What a message tells of its channel, and that a person stays in charge, stand in snapshots from now on."""
    for page in _pages():
        for row in page:
            before = orjson.loads(row.state)
            after = _folded(before, op.get_bind().execute(_TOLD, {"tenant": row.tenant, "id": row.id}).fetchall())
            values = {
                "tenant": row.tenant,
                "id": row.id,
                "before": row.state,
                "state": orjson.dumps(after).decode() if after != before else row.state,
                "status": after["status"],
                "channels": orjson.dumps(after["channels_used"]).decode(),
                "active": after["active_channel"],
            }
            op.get_bind().execute(_FILL, values)


def _folded(state: dict[str, Any], told: Sequence[Any]) -> dict[str, Any]:
    channels = [orjson.loads(row.payload)["channel"] for row in told if row.kind == "message_received"]
    handed_off = any(row.kind == "handed_off" for row in told)
    return {
        **state,
        "status": "escalated" if handed_off else state["status"],
        "channels_used": list(dict.fromkeys(channels))[-16:],
        "active_channel": channels[-1] if channels else None,
    }


def _pages() -> Iterator[Any]:
    after = {"tenant": "", "id": ""}
    while page := op.get_bind().execute(_PAGE, {**after, "batch": BATCH}).fetchall():
        yield page
        after = {"tenant": page[-1].tenant, "id": page[-1].id}
