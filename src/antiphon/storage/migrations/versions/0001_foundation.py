"""The tables of the foundation, and full-text search over passages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")  # ordered by its bytes, as SQLite does


def upgrade() -> None:
    """Create everything, as `schema` was at this revision."""
    op.create_table(
        "addresses",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("space", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("contact_id", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "space", "address"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "contacts",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_table(
        "conversations",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("pack", TEXT, nullable=False),
        sa.Column("contact_id", TEXT, nullable=False),
        sa.Column("pack_version", TEXT, nullable=False),
        sa.Column("space", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("worked", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("lease_owner", TEXT, nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "contact_id", "pack"),
    )
    op.create_index("conversations_by_pack", "conversations", ["tenant", "pack", "id"], unique=False)
    op.create_index(
        "conversations_waiting",
        "conversations",
        ["tenant", "updated_at"],
        unique=False,
        sqlite_where=sa.text("worked < last_position"),
        postgresql_where=sa.text("worked < last_position"),
    )
    op.create_table(
        "counters",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "name"),
    )
    op.create_table(
        "effects",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("conversation_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("repeatable", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "key"),
    )
    op.create_index(
        "effects_open",
        "effects",
        ["tenant", "status", "due_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('pending', 'performing')"),
        postgresql_where=sa.text("status IN ('pending', 'performing')"),
    )
    op.create_table(
        "events",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("conversation_id", TEXT, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "conversation_id", "sequence"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "leads",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("conversation_id", TEXT, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("pack", TEXT, nullable=False),
        sa.Column("form", TEXT, nullable=False),
        sa.Column("values", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("captured_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id"),
    )
    op.create_index("leads_by_pack", "leads", ["tenant", "pack", "id"], unique=False)
    op.create_table(
        "pack_versions",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("pack", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "pack", "version", "digest"),
    )
    op.create_table(
        "passages",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("pack", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "pack", "id"),
    )
    op.create_table(
        "runs",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("conversation_id", TEXT, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("pack", TEXT, nullable=False),
        sa.Column("change", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", TEXT, nullable=True),
        sa.Column("fingerprint", TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("versions", TEXT, nullable=True),
        sa.Column("merged_into", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("tenant", "id"),
        sa.UniqueConstraint("tenant", "conversation_id", "position"),
    )
    op.create_index(
        "runs_by_idempotency_key",
        "runs",
        ["tenant", "idempotency_key"],
        unique=True,
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_table(
        "steps",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("run_id", TEXT, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("node", TEXT, nullable=False),
        sa.Column("agent", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("output", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("ms", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "run_id", "place"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE passages_text USING fts5("
            "tenant UNINDEXED, pack UNINDEXED, id UNINDEXED, content, tokenize = \"unicode61 tokenchars '-_'\")"
        )
    else:
        op.execute(
            "ALTER TABLE passages ADD COLUMN content tsvector NOT NULL"
            " GENERATED ALWAYS AS (to_tsvector('simple', title || ': ' || text)) STORED"
        )
        op.create_index("passages_by_word", "passages", ["content"], postgresql_using="gin")
