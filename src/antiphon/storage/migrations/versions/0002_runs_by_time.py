"""Listing and erasing runs: indexes by time and by run, and the outcome's intent in a column of its own."""

from collections.abc import Iterator
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")  # ordered by its bytes, as SQLite does
BATCH = 5000  # rows of one statement
INDEXES = (
    ("runs_by_time", "runs", ["tenant", "pack", "created_at", "id"]),
    ("leads_by_run", "leads", ["tenant", "run_id"]),
)

_PAGE = sa.text(
    "SELECT tenant, id, outcome FROM runs"
    " WHERE (tenant, id) > (:tenant, :id) AND outcome IS NOT NULL AND intent IS NULL"
    " ORDER BY tenant, id LIMIT :batch"
)
_FILL = sa.text("UPDATE runs SET intent = :intent WHERE tenant = :tenant AND id = :id AND intent IS NULL")


def upgrade() -> None:
    """Add both, while processes of the version before go on working on PostgreSQL.

    What they work from now on has no intent in its column: a list by intent leaves it out.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.add_column("runs", sa.Column("intent", TEXT, nullable=True))
        for index in INDEXES:
            op.create_index(*index)
        _fill()
        return
    # Each statement is a transaction of its own here, so each may have been done by somebody who was interrupted.
    with op.get_context().autocommit_block():
        op.execute('ALTER TABLE runs ADD COLUMN IF NOT EXISTS intent text COLLATE "C"')
        for index in INDEXES:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index[0]}")
            op.create_index(*index, postgresql_concurrently=True)
        _fill()


def _fill() -> None:
    for page in _pages():
        known = [
            {"tenant": row.tenant, "id": row.id, "intent": intent}
            for row in page
            if (intent := orjson.loads(row.outcome).get("intent")) is not None
        ]
        if known:
            op.get_bind().execute(_FILL, known)


def _pages() -> Iterator[Any]:
    after = {"tenant": "", "id": ""}
    while page := op.get_bind().execute(_PAGE, {**after, "batch": BATCH}).fetchall():
        yield page
        after = {"tenant": page[-1].tenant, "id": page[-1].id}
