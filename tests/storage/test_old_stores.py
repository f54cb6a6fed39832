"""A store of the foundation with runs in it is brought up to date, on each database."""

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config

from antiphon.core.conversation import fold
from antiphon.core.event import decode
from antiphon.ports import ConversationQuery, RunQuery, Store
from antiphon.storage.migrate import MIGRATIONS
from antiphon.storage.postgres import open_postgres
from antiphon.storage.sqlite import STORE_FILE, open_sqlite
from antiphon.testing import SettableClock
from tests.contracts.desk import PACK
from tests.local_servers import PostgresServer

RUNS = 12_000  # more than are filled at once
INTENTS = ("pricing", "greeting", None)
COLUMNS = (
    "tenant",
    "id",
    "conversation_id",
    "position",
    "pack",
    "change",
    "status",
    "attempts",
    "created_at",
    "outcome",
)


def rows() -> list[tuple[Any, ...]]:
    """Runs of the foundation: every fourth waits, the others have ended with one of the intents or none."""
    change = json.dumps({"kind": "message", "value": "hi", "channel": "chat", "data": {}})
    return [
        (
            "default",
            f"run-{number:06}",
            "conversation",
            number,
            PACK,
            change,
            "completed" if number % 4 else "queued",
            1,
            number,
            json.dumps({"status": "completed", "reply": "a \0", "intent": INTENTS[number % 3]}) if number % 4 else None,
        )
        for number in range(1, RUNS + 1)
    ]


def with_intent(intent: str) -> list[str]:
    """The newest of those runs that ended with it."""
    numbers = (number for number in range(RUNS, 0, -1) if number % 4 and INTENTS[number % 3] == intent)
    return [f"run-{number:06}" for number, _ in zip(numbers, range(50), strict=False)]


def upgrade_to_foundation(url: str, **attributes: Any) -> None:
    upgrade_to("0001", url, **attributes)


def upgrade_to(revision: str, url: str, **attributes: Any) -> None:
    config = Config(attributes={"url": url, **attributes})
    config.set_main_option("script_location", str(MIGRATIONS))
    command.upgrade(config, revision)


async def test_af_7_an_old_store_on_sqlite_lists_its_runs(tmp_path: Path) -> None:
    await asyncio.to_thread(upgrade_to_foundation, f"sqlite:///{tmp_path / STORE_FILE}")
    with closing(sqlite3.connect(tmp_path / STORE_FILE)) as db, db:
        places = ", ".join("?" * len(COLUMNS))
        db.executemany(f"INSERT INTO runs ({', '.join(COLUMNS)}) VALUES ({places})", rows())  # noqa: S608 - ours
    stores = await open_sqlite(tmp_path, clock=SettableClock())
    for intent in ("pricing", "greeting"):
        found = await stores.tenant().runs(RunQuery(pack=PACK, intent=intent))
        assert [run.id for run in found] == with_intent(intent)
    await stores.close()
    with closing(sqlite3.connect(tmp_path / STORE_FILE)) as db:
        plan = db.execute(
            "EXPLAIN QUERY PLAN SELECT * FROM runs WHERE tenant = 'default' AND pack = 'shop'"
            " AND (created_at, id) < (5000, 'run') ORDER BY created_at DESC, id DESC LIMIT 50"
        ).fetchall()
    assert [step[3] for step in plan] == [
        "SEARCH runs USING INDEX runs_by_time (tenant=? AND pack=? AND (created_at,id)<(?,?))"
    ]


async def test_af_7_an_old_store_on_postgres_lists_its_runs_from_many_starts(
    postgres_server: PostgresServer,
) -> None:
    """Of several who start at once one does it, and an index that is built beside others does not wait for those."""
    url = postgres_server.url()
    await asyncio.to_thread(upgrade_to_foundation, "postgresql+asyncpg://", dsn=url)
    reader = await asyncpg.connect(url)
    await reader.copy_records_to_table("runs", columns=COLUMNS, records=rows())
    await reader.execute("ANALYZE runs")
    async with asyncio.timeout(60):
        opened = await asyncio.gather(*(open_postgres(url) for _ in range(3)))
    for intent in ("pricing", "greeting"):
        found = await opened[0].tenant().runs(RunQuery(pack=PACK, intent=intent))
        assert [run.id for run in found] == with_intent(intent)
    plan = "\n".join(
        row[0]
        for row in await reader.fetch(
            "EXPLAIN SELECT * FROM runs WHERE tenant = 'default' AND pack = 'shop'"
            " AND (created_at, id) < (5000, 'run') ORDER BY created_at DESC, id DESC LIMIT 50"
        )
    )
    assert "Index Scan Backward using runs_by_time" in plan
    assert "Sort" not in plan
    assert await reader.fetchval("SELECT bool_and(indisvalid) FROM pg_index")
    await reader.close()
    for stores in opened:
        await stores.close()


async def test_af_7_what_an_interrupted_migration_left_is_done_again(postgres_server: PostgresServer) -> None:
    url = postgres_server.url()
    await asyncio.to_thread(upgrade_to_foundation, "postgresql+asyncpg://", dsn=url)
    admin = await asyncpg.connect(url)
    await admin.execute('ALTER TABLE runs ADD COLUMN intent text COLLATE "C"')
    await admin.execute("CREATE INDEX runs_by_time ON runs (tenant)")  # another one, as one that is not valid would be
    await (await open_postgres(url)).close()
    definition = await admin.fetchval("SELECT indexdef FROM pg_indexes WHERE indexname = 'runs_by_time'")
    assert "(tenant, pack, created_at, id)" in definition
    await admin.close()


# A store without processes


SAID = [
    ("ann", "active", ["web", "email", "web"], ("handed_off",)),
    ("bob", "active", ["web"], ()),
    ("cid", "pending", [], ()),
]


def said_rows() -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Conversations, events and effects of the version before: one was handed off, and somebody wrote again."""
    conversations, events = [], []
    for number, (name, status, channels, others) in enumerate(SAID):
        state = json.dumps({"status": status, "messages": len(channels)})
        sequence = len(channels) + len(others)
        conversations.append(
            ("default", name, PACK, name, "1", "s", name, state, sequence, b"h", 1, 1, 1, number, number)
        )
        told = [("message_received", {"run_id": "r", "channel": one, "text": "hi"}) for one in channels]
        told[1:1] = [(one, {"run_id": "r", "reason": "asked"}) for one in others]
        events += [
            ("default", name, place, kind, 1, json.dumps(payload).encode(), b"k", b"d", b"h")
            for place, (kind, payload) in enumerate(told, 1)
        ]
    effects = [("default", "r:0", "r", "ann", "notify", "{}", 1, 3, 0, "pending", 5, 0)]
    return conversations, events, effects


SAID_COLUMNS = {
    "conversations": (
        "tenant id pack contact_id pack_version space address state sequence head last_position worked fence"
        " created_at updated_at"
    ),
    "events": "tenant conversation_id sequence kind at payload key digest hash",
    "effects": "tenant key run_id conversation_id kind payload repeatable max_attempts priority status due_at attempts",
}


async def check_said(store: Store) -> None:
    """All that is asked of it since then."""
    for name, status, channels, _ in SAID:
        record = await store.conversation(name)
        assert record is not None
        log = [decode(one.kind, one.payload) for one in await store.events(name) if one.payload is not None]
        # An audit folds the log, and compares.
        assert replace(record.state, messages=0, recent=()) == replace(fold(log), messages=0, recent=())
        listed = {one.id for one in await store.conversation_list(ConversationQuery(pack=PACK, channel="web"))}
        assert (name in listed) == ("web" in channels)
        assert record.state.status == ("escalated" if name == "ann" else status)
    escalated = await store.conversation_list(ConversationQuery(pack=PACK, status="escalated"))
    assert [(one.id, one.state.active_channel) for one in escalated] == [("ann", "web")]
    assert (await store.tally(PACK)).conversations == {"escalated": 1, "active": 1, "pending": 1}
    (due,) = await store.claim_due("w", datetime(2026, 1, 1, tzinfo=UTC), 9)
    assert (due.key, due.effect.binding_id, due.detail) == ("r:0", None, {})


async def test_cv_12_an_old_store_on_sqlite_lists_its_conversations(tmp_path: Path) -> None:
    await asyncio.to_thread(upgrade_to, "0003", f"sqlite:///{tmp_path / STORE_FILE}")
    with closing(sqlite3.connect(tmp_path / STORE_FILE)) as db, db:
        for (table, columns), rows in zip(SAID_COLUMNS.items(), said_rows(), strict=True):
            names = columns.split()
            places = ", ".join("?" * len(names))
            db.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", rows)  # noqa: S608 - ours
    stores = await open_sqlite(tmp_path, clock=SettableClock())
    await check_said(stores.tenant())
    await stores.close()


async def test_cv_12_an_old_store_on_postgres_lists_its_conversations(postgres_server: PostgresServer) -> None:
    url = postgres_server.url()
    await asyncio.to_thread(upgrade_to, "0003", "postgresql+asyncpg://", dsn=url)
    admin = await asyncpg.connect(url)
    for (table, columns), rows in zip(SAID_COLUMNS.items(), said_rows(), strict=True):
        await admin.copy_records_to_table(table, columns=columns.split(), records=rows)
    # What somebody who was interrupted has left.
    await admin.execute('ALTER TABLE contacts ADD COLUMN role text COLLATE "C"; CREATE TABLE bindings (id text)')
    await admin.execute("CREATE INDEX effects_due ON effects (tenant)")
    stores = await open_postgres(url, clock=SettableClock())
    await check_said(stores.tenant())
    assert await admin.fetchval("SELECT bool_and(indisvalid) FROM pg_index")
    await admin.close()
    await stores.close()
