"""The tables. Every key begins with the tenant; times are microseconds since 1970 (UTC); JSON is text.

Migrations change them; this module says what they are today, for queries that are built rather than written.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy import Text as AnyText
from sqlalchemy.dialects import postgresql

# Ordered by its bytes, as SQLite and Python do: a language's order would differ between servers, and an index in it
# breaks when the operating system changes its mind.
Text = AnyText().with_variant(postgresql.TEXT(collation="C"), "postgresql")

metadata = MetaData()


def _tenant() -> Column[str]:
    return Column("tenant", Text, nullable=False)


contacts = Table(
    "contacts",
    metadata,
    _tenant(),
    Column("id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "id"),
)

addresses = Table(
    "addresses",
    metadata,
    _tenant(),
    Column("space", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("contact_id", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "space", "address"),
    sqlite_with_rowid=False,
)

conversations = Table(
    "conversations",
    metadata,
    _tenant(),
    Column("id", Text, nullable=False),
    Column("pack", Text, nullable=False),
    Column("contact_id", Text, nullable=False),
    Column("pack_version", Text, nullable=False),  # the one that it began under
    Column("space", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("state", Text, nullable=False),  # snapshot: the fold of all events
    Column("sequence", BigInteger, nullable=False),  # of the latest event
    Column("head", LargeBinary, nullable=False),  # its hash
    Column("last_position", BigInteger, nullable=False),  # of the latest run accepted
    Column("worked", BigInteger, nullable=False),  # up to which runs were worked, in order
    Column("fence", BigInteger, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "id"),
    UniqueConstraint("tenant", "contact_id", "pack"),
)
Index(
    "conversations_waiting",
    conversations.c.tenant,
    conversations.c.updated_at,
    sqlite_where=text("worked < last_position"),
    postgresql_where=text("worked < last_position"),
)
Index("conversations_by_pack", conversations.c.tenant, conversations.c.pack, conversations.c.id)

runs = Table(
    "runs",
    metadata,
    _tenant(),
    Column("id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("pack", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("idempotency_key", Text),
    Column("fingerprint", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("outcome", Text),
    Column("versions", Text),
    Column("merged_into", Text),
    Column("intent", Text),  # of the outcome, for lists
    PrimaryKeyConstraint("tenant", "id"),
    UniqueConstraint("tenant", "conversation_id", "position"),
)
Index(
    "runs_by_idempotency_key",
    runs.c.tenant,
    runs.c.idempotency_key,
    unique=True,
    sqlite_where=text("idempotency_key IS NOT NULL"),
    postgresql_where=text("idempotency_key IS NOT NULL"),
)
Index("runs_by_time", runs.c.tenant, runs.c.pack, runs.c.created_at, runs.c.id)

steps = Table(
    "steps",
    metadata,
    _tenant(),
    Column("run_id", Text, nullable=False),
    Column("place", Integer, nullable=False),
    Column("node", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("output", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("ms", Float, nullable=False),
    PrimaryKeyConstraint("tenant", "run_id", "place"),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    _tenant(),
    Column("conversation_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("payload", LargeBinary),  # JSON bytes, as they were digested; null once erased
    Column("key", LargeBinary),  # null once erased
    Column("digest", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant", "conversation_id", "sequence"),
    sqlite_with_rowid=False,
)

effects = Table(
    "effects",
    metadata,
    _tenant(),
    Column("key", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("repeatable", Integer, nullable=False),
    Column("max_attempts", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", BigInteger),
    Column("reason", Text),
    PrimaryKeyConstraint("tenant", "key"),
)
Index("effects_by_status", effects.c.tenant, effects.c.status, effects.c.due_at, effects.c.key)

leads = Table(
    "leads",
    metadata,
    _tenant(),
    Column("id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("pack", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("values", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("captured_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "id"),
)
Index("leads_by_pack", leads.c.tenant, leads.c.pack, leads.c.id)
Index("leads_by_run", leads.c.tenant, leads.c.run_id)  # for erasing

counters = Table(
    "counters",
    metadata,
    _tenant(),
    Column("name", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "name"),
)

pack_versions = Table(
    "pack_versions",
    metadata,
    _tenant(),
    Column("pack", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "pack", "version", "digest"),
)

passages = Table(
    "passages",
    metadata,
    _tenant(),
    Column("pack", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "pack", "id"),
)
