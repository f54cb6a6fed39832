"""Migrations end where the schema says that we are, on each database."""

import asyncio
import sqlite3
from pathlib import Path

import asyncpg
from alembic.config import Config
from alembic.script import ScriptDirectory

from antiphon.storage.migrate import HEAD, MIGRATIONS, migrate_sqlite
from antiphon.storage.postgres import open_postgres
from antiphon.storage.schema import metadata

COLUMNS = {name: {column.name for column in table.columns} for name, table in metadata.tables.items()}


def test_the_newest_revision_is_the_one_that_is_looked_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


async def test_sqlite_has_the_tables_of_the_schema(tmp_path: Path) -> None:
    await asyncio.to_thread(migrate_sqlite, tmp_path / "store.db")
    db = sqlite3.connect(tmp_path / "store.db")
    for table, columns in COLUMNS.items():
        assert {row[1] for row in db.execute(f"PRAGMA table_info({table})")} == columns
    db.close()


async def test_postgres_has_the_tables_of_the_schema(quiet_postgres_url: str) -> None:
    await (await open_postgres(quiet_postgres_url)).close()
    db = await asyncpg.connect(quiet_postgres_url)
    rows = await db.fetch(
        "SELECT table_name, column_name, collation_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    await db.close()
    found = {table: {row["column_name"] for row in rows if row["table_name"] == table} for table in COLUMNS}
    found["passages"].remove("content")  # what SQLite keeps in a table of its own
    assert found == COLUMNS
    ours = [row for row in rows if row["table_name"] in COLUMNS]
    assert {row["collation_name"] for row in ours} == {"C", None}, "text is ordered by its bytes"
