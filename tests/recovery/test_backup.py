"""Backup while a server works, restore when none does, and every reason to refuse."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from antiphon.clock import SystemClock
from antiphon.core.errors import (
    BackupFailed,
    BackupUnusable,
    DataFolderInUse,
    StoreMissing,
    StorePresent,
)
from antiphon.storage.migrate import HEAD, KNOWN, MIGRATIONS
from antiphon.storage.sqlite import STORE_FILE, SqliteStores, open_sqlite
from antiphon.storage.sqlite.backup import PAGES_AT_ONCE, backup, restore
from antiphon.testing import CountingIds, SettableClock
from tests.contracts.desk import PACK, Desk
from tests.recovery.accounts import check_chains, check_store
from tests.recovery.mortals import Mortal, Nursery
from tests.recovery.test_power_cut import SESSIONS, Talk

DYING = """
import os, signal, sys
from pathlib import Path
from antiphon.storage.sqlite.backup import backup

backup(Path(sys.argv[1]), Path(sys.argv[2]), progress=lambda done, total: os.kill(os.getpid(), signal.SIGKILL))
"""


def desk(stores: SqliteStores, series: int = 0) -> Desk:
    return Desk(store=stores.tenant(), clock=SettableClock(), ids=CountingIds(series=series))


async def store_with(folder: Path, text: str) -> None:
    """A store in which something was said and answered."""
    stores = await open_sqlite(folder, clock=SystemClock())
    await desk(stores).work(text)
    await stores.close()


async def texts_of(folder: Path) -> list[str]:
    stores = await open_sqlite(folder, clock=SystemClock())
    store = stores.tenant()
    await check_chains(store)
    (record,) = await store.conversations(PACK)
    said = (await store.transcripts([record.id]))[record.id]
    await stores.close()
    return [one.text for one in said if one.role == "user"]


def beside(file: Path) -> list[Path]:
    """What a backup has left beside its file."""
    return list(file.parent.glob(f".{file.name}*"))


# Under load


async def test_a_backup_taken_under_load_verifies_starts_and_has_all_that_was_acknowledged_before(
    mortal: Mortal, nursery: Nursery, tmp_path: Path
) -> None:
    file, other = tmp_path / "kept" / "antiphon.backup", tmp_path / "other"
    file.parent.mkdir()
    mortal.start().ready()
    talk = Talk(mortal)
    talk.start()
    assert talk.enough.wait(30), mortal.log()
    told = dict(talk.told)
    backed_up = await asyncio.to_thread(backup, mortal.data, file)
    mortal.kill()
    talk.end()
    assert list(file.parent.iterdir()) == [file], "one file, and nothing beside it"
    assert file.stat().st_mode & 0o077 == 0, "what people said is nobody else's"
    assert backed_up.size == file.stat().st_size
    assert await asyncio.to_thread(restore, file, other) == backed_up
    with Mortal(nursery, other) as server:
        server.start().ready()
        for number in range(SESSIONS):  # each waits for what its session had begun when the backup was taken
            answer = server.say("Hi", f"s-{number}")
            told[answer.headers["X-Run-ID"]] = answer.json()["response"]
        assert server.stop() == 0
    await check_store(other, told)


async def test_commits_do_not_begin_a_backup_anew_and_it_is_of_one_moment(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "backup"
    stores = await open_sqlite(data, clock=SystemClock())
    people = desk(stores)
    await asyncio.gather(*(people.arrive("x" * 2000, address=f"p-{number}") for number in range(1500)))
    loop, steps, arrived = asyncio.get_running_loop(), list[tuple[int, int]](), list[str]()

    def progress(done: int, total: int) -> None:
        steps.append((done, total))
        arrival = people.arrive("while it is copied", address=f"late-{len(steps)}")
        arrived.append(asyncio.run_coroutine_threadsafe(arrival, loop).result(30).id)

    await asyncio.to_thread(backup, data, file, progress=progress)
    total = steps[0][1]
    assert total > 2 * PAGES_AT_ONCE, "it is copied in one step; the test proves nothing"
    assert [done for done, _ in steps] == [*range(PAGES_AT_ONCE, total, PAGES_AT_ONCE), total]
    await stores.close()
    assert restore(file, tmp_path / "other").conversations == 1500
    with closing(sqlite3.connect(tmp_path / "other" / STORE_FILE)) as db:
        assert db.execute("SELECT count(*) FROM runs WHERE id IN (?, ?)", arrived[:2]).fetchone() == (0,)


async def test_a_death_during_a_backup_leaves_the_one_before_and_the_server_alone(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "backup"
    stores = await open_sqlite(data, clock=SystemClock())
    await desk(stores).work("hello")
    backup(data, file)
    before = file.read_bytes()
    died = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", DYING, str(data), str(file)], check=False, capture_output=True
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert file.read_bytes() == before
    await desk(stores, 1).work("hello again")
    assert backup(data, file).events == 4
    await stores.close()


async def test_a_server_that_dies_during_a_backup_does_not_harm_it(mortal: Mortal, tmp_path: Path) -> None:
    mortal.start().ready()
    answer = mortal.say("Hi", "s")

    def kill_once(_done: int, _total: int) -> None:
        if mortal.alive:
            mortal.kill()

    await asyncio.to_thread(backup, mortal.data, tmp_path / "backup", progress=kill_once)
    assert not mortal.alive
    restore(tmp_path / "backup", tmp_path / "other")
    await check_store(tmp_path / "other", {answer.headers["X-Run-ID"]: answer.json()["response"]})


# Restore


async def test_restore_replaces_a_store_by_force_only_and_nothing_of_the_old_one_is_left(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "backup"
    await store_with(data, "said before the backup")
    backup(data, file)
    stores = await open_sqlite(data, clock=SystemClock())
    await desk(stores, 1).work("said after the backup")
    left = {one: one.read_bytes() for one in data.glob(f"{STORE_FILE}*") if not one.name.endswith("-shm")}
    await stores.close()
    for one, content in left.items():  # as a process leaves them that was killed: with a log that is not empty
        one.write_bytes(content)
    assert (data / f"{STORE_FILE}-wal").stat().st_size > 0
    with pytest.raises(StorePresent, match="--force"):
        restore(file, data)
    assert await texts_of(data) == ["said before the backup", "said after the backup"]
    for one, content in left.items():
        one.write_bytes(content)
    restore(file, data, force=True)
    assert await texts_of(data) == ["said before the backup"]


async def test_restore_keeps_away_from_a_folder_that_a_process_owns(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "backup"
    stores = await open_sqlite(data, clock=SystemClock())
    await desk(stores).work("hello")
    backup(data, file)
    with pytest.raises(DataFolderInUse, match=f"process {os.getpid()}"):
        restore(file, data, force=True)
    await desk(stores, 1).work("hello again")
    await stores.close()
    assert await texts_of(data) == ["hello", "hello again"]


def test_every_revision_is_known_and_the_newest_is_the_head() -> None:
    """An older backup is taken, and brought up to date at the next start."""
    assert max(KNOWN) == HEAD
    assert {path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("0*.py")} == KNOWN


Damage = Callable[[sqlite3.Connection], object]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda db: db.execute("UPDATE events SET payload = x'7b7d' WHERE sequence = 2"), "event 2: the payload was"),
        (lambda db: db.execute("DELETE FROM events WHERE sequence = 1"), "event 1: event 1 is missing"),
        (lambda db: db.execute("DELETE FROM events WHERE sequence = 2"), "ends elsewhere"),
        (lambda db: db.execute("DELETE FROM events"), "has lost its events"),
        (lambda db: db.execute("UPDATE events SET at = at + 1 WHERE sequence = 2"), "event 2: the event does not"),
        (lambda db: db.execute("UPDATE events SET digest = 'text' WHERE sequence = 2"), "event 2: its digest is str"),
        (lambda db: db.execute("UPDATE conversations SET head = x'00'"), "ends elsewhere"),
        (lambda db: db.execute("DELETE FROM conversations"), "ends elsewhere"),
        (lambda db: db.execute("UPDATE alembic_version SET version_num = '9999'"), "its schema is 9999"),
        (lambda db: db.execute("DROP TABLE alembic_version"), "its schema is none of ours"),
        (lambda db: db.execute("DROP TABLE events"), "no such table: events"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_damaged_backup_is_refused_with_the_reason(tmp_path: Path, damage: Damage, reason: str) -> None:
    data, file = tmp_path / "data", tmp_path / "backup"
    await store_with(data, "hello")
    backup(data, file)
    with closing(sqlite3.connect(file)) as db, db:
        damage(db)
    with pytest.raises(BackupUnusable, match=reason):
        restore(file, tmp_path / "other")
    assert not list((tmp_path / "other").glob("*.db*"))
    with pytest.raises(BackupUnusable, match="Nothing was changed"):
        restore(file, data, force=True)
    assert await texts_of(data) == ["hello"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "none of ours"),
        (b"this is no database" * 1000, "not a database"),
        (None, "there is no such file"),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "backup"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BackupUnusable, match=reason):
        restore(file, tmp_path / "data")


@pytest.mark.parametrize("kept", [0.3, 0.9])
async def test_a_backup_of_which_a_part_is_missing_is_refused(tmp_path: Path, kept: float) -> None:
    await store_with(tmp_path / "data", "hello")
    backup(tmp_path / "data", tmp_path / "backup")
    whole = (tmp_path / "backup").read_bytes()
    (tmp_path / "backup").write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(BackupUnusable, match=r"malformed|integrity|not a database"):
        restore(tmp_path / "backup", tmp_path / "other")


# Backup refuses too


async def test_a_backup_needs_a_store_and_a_place(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with pytest.raises(StoreMissing):
        backup(data, tmp_path / "backup")
    await store_with(data, "hello")
    with pytest.raises(BackupFailed, match="No such file or directory"):
        backup(data, tmp_path / "nowhere" / "backup")
    with pytest.raises(BackupFailed, match="it is the store itself"):
        backup(data, data / STORE_FILE)
    with pytest.raises(BackupUnusable, match="it is the store itself"):
        restore(data / STORE_FILE, data, force=True)
    assert await texts_of(data) == ["hello"]


async def test_a_store_that_is_damaged_is_not_passed_off_as_a_backup(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "backup"
    await store_with(data, "hello")
    backup(data, file)
    before = file.read_bytes()
    with closing(sqlite3.connect(data / STORE_FILE)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = bytearray((data / STORE_FILE).read_bytes())
    page = 4096
    for at in range(3 * page, len(whole), 5 * page):
        whole[at : at + 64] = bytes(64)
    (data / STORE_FILE).write_bytes(whole)
    with pytest.raises(BackupFailed, match="was not made"):
        backup(data, file)
    assert file.read_bytes() == before
    assert not beside(file)
