"""Listing effects: one index for what is due and for what an operator looks at."""

from alembic import op

revision = "0003"
down_revision = "0002"

INDEX = ("effects_by_status", "effects", ["tenant", "status", "due_at", "key"])


def upgrade() -> None:
    """Add it, then drop the one that covered open effects only; processes of the version before may go on working."""
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(*INDEX)
        op.execute("DROP INDEX effects_open")
        return
    # Each statement is a transaction of its own here, so each may have been done by somebody who was interrupted.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS effects_by_status")
        op.create_index(*INDEX, postgresql_concurrently=True)
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS effects_open")
