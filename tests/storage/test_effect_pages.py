"""A page of effects is read from an index, however many effects there are."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from antiphon.core.effect import STATUSES
from antiphon.ports import EffectQuery
from antiphon.storage.effect_pages import page_of, values_of
from antiphon.storage.migrate import migrate_sqlite
from antiphon.storage.postgres import open_postgres
from antiphon.storage.postgres.store import _numbered

BEFORE = (datetime(2026, 1, 1, tzinfo=UTC), "run-1:0")
QUERIES = [
    EffectQuery(before=BEFORE),
    EffectQuery(statuses=frozenset({"dead", "parked"})),
    EffectQuery(statuses=frozenset({"done"}), kind="k", before=BEFORE),
]
INSERT = (
    "INSERT INTO effects (tenant, key, run_id, conversation_id, kind, payload, repeatable, max_attempts, priority,"
    " status, due_at, attempts) SELECT 'default', 'tests/pages/' || n, 'r', 'c', 'k', '{}', 0, 3, 0, 'done', n, 1"
    " FROM generate_series(1, 20000) AS n"
)


@pytest.mark.parametrize("query", QUERIES)
async def test_sqlite_reads_a_page_from_the_index(tmp_path: Path, query: EffectQuery) -> None:
    await asyncio.to_thread(migrate_sqlite, tmp_path / "store.db")
    db = sqlite3.connect(tmp_path / "store.db")
    plan = db.execute(f"EXPLAIN QUERY PLAN {page_of(query)}", {**values_of(query), "tenant": "default"}).fetchall()
    db.close()
    searches = [row[3] for row in plan if "effects" in row[3]]
    assert len(searches) == len(query.statuses or STATUSES)
    assert all("USING INDEX effects_by_status (tenant=? AND status=?" in step for step in searches)


@pytest.mark.parametrize("query", QUERIES)
async def test_postgres_reads_a_page_from_the_index(quiet_postgres_url: str, query: EffectQuery) -> None:
    await (await open_postgres(quiet_postgres_url)).close()
    statement, names = _numbered(page_of(query))
    values = {**values_of(query), "tenant": "default"}
    db = await asyncpg.connect(quiet_postgres_url)
    transaction = db.transaction()
    await transaction.start()  # taken back: others use the database too
    await db.execute(INSERT)
    await db.execute("ANALYZE effects")
    plan = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {statement}", *(values[name] for name in names)))
    await transaction.rollback()
    await db.close()
    assert "Seq Scan" not in plan
    assert "effects_by_status" in plan
