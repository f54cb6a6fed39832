"""State maps that bindings began under, so that they go on under them after the files were changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table; processes of the version before may go on working."""
    op.create_table(
        "maps",
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("pack", TEXT, nullable=False),
        sa.Column("process_type", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("definition", TEXT, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "pack", "process_type", "version"),
    )
