"""Migrations: bringing a store's schema up to date, with Alembic. Applied when a store is opened."""

import sqlite3
from pathlib import Path
from typing import Any

HEAD = "0005"  # the newest revision in migrations/versions; a test holds it
MIGRATIONS = Path(__file__).parent / "migrations"
KNOWN = frozenset(path.name[: len(HEAD)] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))  # every revision


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
    """Apply what is missing, each revision in a transaction of its own.

    Raises:
        sqlite3.OperationalError: the file cannot be written; it is as after the last revision that was applied.
    """
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - as below

    try:
        upgrade(f"sqlite:///{path}")
    except OperationalError as error:
        raise sqlite3.OperationalError(str(error.orig)) from error


def upgrade(url: str, **attributes: Any) -> None:
    """Apply what is missing to the database of SQLAlchemy's `url`. Blocks; not for a thread that runs a loop.

    What a url cannot say is handed to `migrations/env.py` as attributes.
    """
    from alembic import command  # noqa: PLC0415 - takes 0.4 s, and most starts have nothing to migrate
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config(attributes={"url": url, **attributes})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")
