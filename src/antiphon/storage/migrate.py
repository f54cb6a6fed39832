"""Migrations: bringing a store's schema up to date, with Alembic. Applied when a store is opened."""

import sqlite3
from pathlib import Path

HEAD = "0001"  # the newest revision in migrations/versions; a test holds it
MIGRATIONS = Path(__file__).parent / "migrations"


def needs_migration(db: sqlite3.Connection) -> bool:
    """Whether a SQLite file is not at the newest revision. Cheap: Alembic is imported only when it is not."""
    return revision(db) != HEAD


def revision(db: sqlite3.Connection) -> str | None:
    """The revision that a SQLite file is at; None when it holds no store of ours."""
    try:
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    return str(row[0]) if row else None


def migrate_sqlite(path: Path) -> None:
    """Apply what is missing, each revision in a transaction of its own."""
    from alembic import command  # noqa: PLC0415 - takes 0.4 s, and most starts have nothing to migrate
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{path}")
    command.upgrade(config, "head")
