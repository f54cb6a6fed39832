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
    Column("external_id", Text),  # by which the business knows the person
    Column("name", Text, nullable=False, server_default=""),  # empty: a visitor, in no list
    Column("role", Text),
    Column("organization", Text),
    Column("tags", Text, nullable=False, server_default="[]"),
    Column("metadata", Text, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("tenant", "id"),
)
Index(
    "contacts_by_external_id",
    contacts.c.tenant,
    contacts.c.external_id,
    unique=True,
    sqlite_where=text("external_id IS NOT NULL"),
    postgresql_where=text("external_id IS NOT NULL"),
)
Index(
    "contacts_by_time",
    contacts.c.tenant,
    contacts.c.created_at,
    contacts.c.id,
    contacts.c.name,  # which SQLite would look up to count them
    sqlite_where=text("name <> ''"),
    postgresql_where=text("name <> ''"),
)

addresses = Table(
    "addresses",
    metadata,
    _tenant(),
    Column("space", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("contact_id", Text, nullable=False),
    Column("preferred", Integer, nullable=False, server_default="0"),
    Column("verified", Integer, nullable=False, server_default="1"),
    PrimaryKeyConstraint("tenant", "space", "address"),
    sqlite_with_rowid=False,
)
Index(  # with all of the table: otherwise SQLite takes all people's addresses for fewer rows than those of one
    "addresses_by_contact",
    addresses.c.tenant,
    addresses.c.contact_id,
    addresses.c.space,
    addresses.c.address,
    addresses.c.preferred,
    addresses.c.verified,
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
    Column("status", Text, nullable=False, server_default="pending"),  # of the snapshot, as the next two, for lists
    Column("channels", Text, nullable=False, server_default="[]"),  # JSON: all that were used
    Column("active_channel", Text),
    Column("resolved_at", BigInteger),
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
Index(  # with all that a list chooses and counts by, so that it reads no row that it does not show
    "conversations_listed",
    conversations.c.tenant,
    conversations.c.pack,
    conversations.c.status,
    conversations.c.created_at,
    conversations.c.id,
    conversations.c.channels,
    conversations.c.active_channel,
)

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
    Column("pack", Text),  # null without a run
    Column("binding_id", Text),
    Column("created_at", BigInteger),  # null in rows of the versions before 0004
    Column("started_at", BigInteger),  # of the latest attempt
    Column("settled_at", BigInteger),
    Column("closed", Text, nullable=False, server_default=""),  # completed, escalated; an index is in order after ''
    Column("detail", Text),  # JSON: of the latest attempt
    PrimaryKeyConstraint("tenant", "key"),
)
Index("effects_by_status", effects.c.tenant, effects.c.status, effects.c.due_at, effects.c.key)
Index(  # what is due of each priority, however much sleeps or is due
    "effects_due",
    effects.c.tenant,
    effects.c.priority,
    effects.c.due_at,
    effects.c.key,
    effects.c.kind,
    sqlite_where=text("status = 'pending'"),
    postgresql_where=text("status = 'pending'"),
)
_FOLLOW_UPS = text("kind IN ('followup', 'check')")
Index(
    "effects_of_conversation",
    effects.c.tenant,
    effects.c.conversation_id,
    effects.c.status,
    effects.c.created_at,
    effects.c.key,
    effects.c.kind,
    sqlite_where=_FOLLOW_UPS,
    postgresql_where=_FOLLOW_UPS,
)
Index(
    "follow_ups",
    effects.c.tenant,
    effects.c.pack,
    effects.c.status,
    effects.c.closed,
    effects.c.created_at,
    effects.c.key,
    effects.c.kind,
    sqlite_where=_FOLLOW_UPS,
    postgresql_where=_FOLLOW_UPS,
)

bindings = Table(  # what the events of bindings make; the log decides
    "bindings",
    metadata,
    _tenant(),
    Column("id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("contact_id", Text, nullable=False),
    Column("pack", Text, nullable=False),
    Column("process_type", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("entity_id", Text),
    Column("entity_type", Text),
    Column("business_data", Text, nullable=False),
    Column("is_terminal", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
    PrimaryKeyConstraint("tenant", "id"),
)
Index(
    "bindings_listed",
    bindings.c.tenant,
    bindings.c.pack,
    bindings.c.is_terminal,
    bindings.c.created_at,
    bindings.c.id,
    bindings.c.process_type,
    bindings.c.state,
)
Index(
    "bindings_by_state",
    bindings.c.tenant,
    bindings.c.pack,
    bindings.c.process_type,
    bindings.c.state,
    bindings.c.created_at,
    bindings.c.id,
)
Index("bindings_by_entity", bindings.c.tenant, bindings.c.pack, bindings.c.entity_type, bindings.c.entity_id)
Index(
    "bindings_of_conversation",
    bindings.c.tenant,
    bindings.c.pack,
    bindings.c.conversation_id,
    bindings.c.created_at,
    bindings.c.id,
)

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
    Column("digest", Text, nullable=False),  # of what it understood: its intents and their examples
    Column("seen_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "pack", "version", "digest"),
)

maps = Table(
    "maps",
    metadata,
    _tenant(),
    Column("pack", Text, nullable=False),
    Column("process_type", Text, nullable=False),
    Column("version", Text, nullable=False),  # identity of the map
    Column("definition", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "pack", "process_type", "version"),
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
