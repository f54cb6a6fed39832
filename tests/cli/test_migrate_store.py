"""`antiphon migrate-store`: all of a data folder's store in PostgreSQL, or nothing of it."""

import asyncio
import sqlite3
from collections.abc import Coroutine, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest

from antiphon.core.effect import Effect
from antiphon.core.event import BindingBegun, Event, MessageReceived
from antiphon.core.passage import Passage
from antiphon.core.step import Step
from antiphon.engine.audit import audit
from antiphon.storage.move import TABLES
from antiphon.storage.postgres import open_postgres
from antiphon.storage.schema import metadata
from antiphon.storage.sqlite import open_sqlite
from antiphon.storage.sqlite.lock import FolderLock
from antiphon.testing import CountingIds, SettableClock
from tests.cli.command import Ran, antiphon
from tests.cli.stores import StoreFile
from tests.contracts.desk import PACK, WORKER, Desk
from tests.server import Server, free_port
from tests.storage.test_old_stores import upgrade_to_foundation

T = TypeVar("T")


def do(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


@pytest.fixture
def database(quiet_postgres_url: str) -> Iterator[str]:
    """A PostgreSQL with our tables and nothing in them, as it is afterwards."""
    do(_emptied(quiet_postgres_url))
    yield quiet_postgres_url
    do(_emptied(quiet_postgres_url))


async def _emptied(url: str) -> None:
    await (await open_postgres(url)).close()
    await _execute(url, "; ".join(f'DELETE FROM "{name}"' for name in metadata.tables))  # noqa: S608 - our own names


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def _rows(url: str, table: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    columns = ", ".join(f'"{column}"' for column in TABLES[table])
    found = [tuple(row) for row in await connection.fetch(f"SELECT {columns} FROM {table}")]  # noqa: S608 - ours
    await connection.close()
    return sorted(found, key=repr)


def source_rows(store: StoreFile, table: str) -> list[tuple[Any, ...]]:
    columns = ", ".join(f'"{column}"' for column in TABLES[table])
    return sorted(store.rows(f"SELECT {columns} FROM {table}"), key=repr)  # noqa: S608 - ours


async def lived_in(folder: Path) -> None:
    """A store with something in every table of two tenants; one turn and one effect are under way."""
    clock = SettableClock()
    stores = await open_sqlite(folder, clock=clock)
    for tenant in ("default", "other"):
        desk = Desk(store=stores.tenant(tenant), clock=clock, ids=CountingIds(series=7))
        claim = await desk.begin(f"hello from {tenant} 🌻")
        step = Step(node="n", agent="a", action="b", output="o", why={"ä": [1, None]}, ms=1.25)
        effects = (Effect(kind="notify", payload={"text": "\0"}), Effect(kind="later", repeatable=True, priority=3))
        told: list[Event] = [
            MessageReceived(run_id=claim.run.id, channel="chat", text=claim.run.change.value),
            BindingBegun(run_id=claim.run.id, binding_id="b", process_type="payment", version="1", state="pending"),
        ]
        await desk.store.commit(desk.turn(claim, events=told, steps=(step,), effects=effects))
        await desk.store.accept(desk.arrival("again", key="k", fingerprint="f"))
        await desk.store.next_number("lead")
        await desk.store.index(PACK, [Passage(id="p", source="p.md", title="", text="a passage")])
        await desk.store.claim(claim.conversation_id, WORKER)
        await desk.store.claim_due(WORKER, clock.now(), 1)
    await stores.close()


def moved(store: StoreFile, url: str) -> Ran:
    return antiphon("migrate-store", "--data", store.folder, "--to", url)


def test_every_row_of_every_tenant_arrives_as_it_was(store: StoreFile, database: str) -> None:
    do(lived_in(store.folder))
    store.change(
        ("INSERT INTO pack_versions VALUES ('default', 'shop', '1', 'abc', 1)", ()),
        ("INSERT INTO maps VALUES ('default', 'shop', 'payment', 'abc', '{}', 1)", ()),
    )
    before = {table: source_rows(store, table) for table in TABLES}
    assert all(before.values()), "the store has something in every table"
    ran = moved(store, database)
    assert ran.status == 0, ran.err
    assert {table: source_rows(store, table) for table in TABLES} == before, "the folder is as it was"
    for table in TABLES:
        if table not in ("conversations", "effects"):  # whose leases are void now
            assert do(_rows(database, table)) == before[table]
        assert f" {len(before[table]):,} {table}\n" in ran.out
    assert "every chain holds" in ran.out


def test_the_work_goes_on_where_it_was(store: StoreFile, database: str) -> None:
    do(lived_in(store.folder))
    assert moved(store, database).status == 0

    async def go_on() -> None:
        clock = SettableClock()
        stores = await open_postgres(database, clock=clock)
        assert await stores.tenants() == ["default", "other"]
        desk = Desk(store=stores.tenant("other"), clock=clock, ids=CountingIds(series=8))
        async for audited in audit(desk.store):
            assert audited.broken is None
            assert audited.folded
        (conversation_id,) = await desk.store.waiting(10)
        claim = await desk.claim(conversation_id)  # whoever held it is gone
        assert (claim.run.change.value, claim.run.attempts) == ("again", 2)
        await desk.store.commit(desk.turn(claim))
        due = await desk.store.claim_due(WORKER, clock.now(), 10)
        assert [(kept.effect.kind, kept.abandoned) for kept in due] == [("later", True), ("notify", False)]
        assert (await desk.store.accept(desk.arrival("again", key="k", fingerprint="f"))).replay
        assert await desk.store.next_number("lead") == 2
        await stores.close()

    do(go_on())


def test_a_database_that_holds_something_is_left_alone(store: StoreFile, whole: StoreFile, database: str) -> None:
    assert moved(store, database).status == 0
    before = do(_rows(database, "events"))
    ran = moved(whole, database)
    assert ran.status == 1
    assert "the database holds contacts, addresses, conversations, runs, events, leads already" in ran.err
    assert do(_rows(database, "events")) == before


def test_a_database_that_a_server_was_only_started_on_will_do(store: StoreFile, database: str, tmp_path: Path) -> None:
    with Server(tmp_path / "started", env={"DATABASE_URL": database}) as server:
        assert server.stop() == 0
    assert do(_rows(database, "effects")), "the rules of converse promise their next firing"
    ran = moved(store, database)
    assert ran.status == 0, ran.err


def test_a_folder_that_a_server_owns_is_refused(store: StoreFile, database: str) -> None:
    lock = FolderLock(store.folder)
    ran = moved(store, database)
    lock.release()
    assert ran.status == 1
    assert "is owned by another process" in ran.err
    assert do(_rows(database, "events")) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM events WHERE sequence = 3", "breaks at event 3: event 3 is missing"),
        ("UPDATE events SET payload = x'7b7d' WHERE sequence = 2", "the payload was changed"),
        ("UPDATE conversations SET head = zeroblob(32)", "the log ends elsewhere"),
        ("DELETE FROM events", "has lost its events"),
        ("UPDATE runs SET change = change || char(0)", "0x00"),
        ("UPDATE runs SET attempts = 'many'", "a value in runs is none of its column"),
        ("UPDATE alembic_version SET version_num = '9999'", "its schema is 9999"),
        ("DROP TABLE steps", "no such table"),
    ],
)
def test_of_a_damaged_store_nothing_is_moved(store: StoreFile, database: str, statement: str, told: str) -> None:
    store.change((statement, ()))
    ran = moved(store, database)
    assert ran.status == 1
    assert "was not moved" in ran.err
    assert told in ran.err
    for table in TABLES:
        assert do(_rows(database, table)) == []


SCHEMA = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'passages_text%'"


def undoing(store: StoreFile, earlier: StoreFile) -> Iterator[str]:
    """What makes a store one of an earlier version, whatever it held."""
    now, then = ({(kind, name): sql for kind, name, sql in file.rows(SCHEMA)} for file in (store, earlier))
    for kind, name in sorted(now.keys() - then.keys()):  # indexes before tables
        yield f"DROP {kind.upper()} {name}"
    for kind, name in now.keys() & then.keys():
        if kind == "table":
            was = {column for (column,) in earlier.rows(f"SELECT name FROM pragma_table_info('{name}')")}  # noqa: S608 - ours
            added = [column for (column,) in store.rows(f"SELECT name FROM pragma_table_info('{name}')")]  # noqa: S608 - ours
            yield from (f"ALTER TABLE {name} DROP COLUMN {column}" for column in added if column not in was)
    yield from (then[missing] for missing in then.keys() - now.keys())
    yield "UPDATE alembic_version SET version_num = '0001'"


def test_a_store_of_an_earlier_version_is_brought_up_to_date(store: StoreFile, database: str, tmp_path: Path) -> None:
    earlier = StoreFile(folder=tmp_path / "earlier")
    earlier.folder.mkdir()
    upgrade_to_foundation(f"sqlite:///{earlier.path}")
    for statement in undoing(store, earlier):
        store.change((statement, ()))
    assert moved(store, database).status == 0
    assert do(_rows(database, "runs")) == source_rows(store, "runs") != []


def test_what_is_missing_is_told(tmp_path: Path, store: StoreFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    ran = antiphon("migrate-store", "--data", store.folder)
    assert (ran.status, ran.err.strip()[:23]) == (1, "DATABASE_URL is not set")
    ran = moved(StoreFile(folder=tmp_path / "nothing"), "postgresql://127.0.0.1/x")
    assert ran.status == 1
    assert "There is no store in" in ran.err
    assert not (tmp_path / "nothing").exists()
    ran = moved(store, f"postgresql://a:secret@127.0.0.1:{free_port()}/x")
    assert ran.status == 1
    assert "was not moved" in ran.err
    assert "secret" not in ran.err
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("SELECT count(*) FROM events").fetchone()[0] > 0
