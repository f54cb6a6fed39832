"""`kill -9` during the first start, between the steps of its migrations, and during any later one."""

import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from antiphon.clock import SystemClock
from antiphon.storage.migrate import revision
from antiphon.storage.sqlite import STORE_FILE, open_sqlite
from tests.recovery.accounts import check_store
from tests.recovery.mortals import Mortal, Nursery

MIGRATED = "COMMIT of a revision"
DEATHS = 24  # in the migrations, spread over their steps
FULL_STARTS = 3  # deaths after which a whole server follows; after the others only its store is opened
START_DEATHS = 8


def empty_folder(used_folder: Path, folder: Path) -> Path:
    """A data folder without a store; the vectors are there, so that nobody waits for them."""
    shutil.copytree(used_folder / "embeddings", folder / "embeddings")
    return folder


@pytest.mark.timeout(120)  # seconds; some thirty starts
async def test_a_first_start_that_dies_in_its_migrations_is_made_good_by_the_next(
    nursery: Nursery, used_folder: Path, tmp_path: Path
) -> None:
    with Mortal(nursery, empty_folder(used_folder, tmp_path / "data")) as server:
        server.start(fatal=None).ready()
        server.kill()
        steps = server.steps()
    last = len(steps) - steps[::-1].index(MIGRATED) + 1  # and what follows the last of them
    assert sum(step.startswith("CREATE") for step in steps[:last]) > 10, "the schema is no step any more"
    for death, number in enumerate(range(1, last + 1, -(-last // DEATHS))):
        data = empty_folder(used_folder, tmp_path / f"data-{number}")
        with Mortal(nursery, data) as server:
            assert server.start(at=number, fatal=None).ended() == -signal.SIGKILL
            check_between_revisions(data, committed=steps[: number - 1].count(MIGRATED))
            if death % (DEATHS // FULL_STARTS) == 0:
                server.start().ready()
                assert server.say("Hi", "s").status_code == 200
                assert server.stop() == 0
        stores = await open_sqlite(data, clock=SystemClock())
        await stores.tenant().check()
        await stores.close()


def check_between_revisions(data: Path, *, committed: int) -> None:
    """The store is of the last revision that was committed, or of the next, whose commit was being made."""
    with closing(sqlite3.connect(data / STORE_FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = db.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'conversations'").fetchone()
        found = revision(db)
        assert int(found or 0) in (committed, committed + 1)
        assert tables == (int(found is not None),)


@pytest.mark.timeout(120)  # seconds; some twenty starts
async def test_a_start_that_dies_while_it_takes_over_is_made_good_by_the_next(mortal: Mortal) -> None:
    """Somebody's message was accepted by a process that died; the next one dies as well, the one after it answers."""
    steps = died_at_start(mortal, "first", at=None)
    told = {}
    for number in range(1, len(steps) + 1, -(-len(steps) // START_DEATHS)):
        died_at_start(mortal, f"s-{number}", at=number)
        mortal.start().ready()
        answer = mortal.say("Hi", f"s-{number}", key=f"s-{number}")
        assert answer.status_code == 200, answer.text
        told[answer.headers["X-Run-ID"]] = answer.json()["response"]
        mortal.kill()
    mortal.start().ready()
    assert mortal.stop() == 0
    await check_store(mortal.data, told)


def died_at_start(mortal: Mortal, session: str, *, at: int | None) -> list[str]:
    """A message that is accepted and not worked, and a server that dies while it takes it over; its steps."""
    mortal.start(at="after accept", fatal=session).ready()
    with pytest.raises(Exception, match="disconnected"):
        mortal.say("Hi", session, key=session)
    assert mortal.ended() == -signal.SIGKILL
    mortal.start(at=at, fatal=None)
    if at is None:
        mortal.ready()
        assert mortal.say("Hi", session, key=session).status_code == 200
        mortal.kill()
    else:
        assert mortal.ended() == -signal.SIGKILL
    return mortal.steps()
