"""A full disk: what cannot be stored is refused with 503 and the reason, and it goes on by itself when there is room.

Once on a small file system of our own, where we may mount one, and everywhere by a limit on the size of files. The
limit also stands for a folder that turns read-only under a running server: every write is refused, every read works.
"""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from antiphon.storage.sqlite import STORE_FILE
from tests.recovery.accounts import check_store
from tests.recovery.disks import CannotMount, small_disk
from tests.recovery.mortals import Mortal, Nursery

LEASE_SECONDS = 0.5  # a turn that could not be committed is worked again after so long
ROOM_SECONDS = 30.0  # how long it may take on a busy machine until it goes on
MOUNTED = 6 * 1024 * 1024  # bytes; the store and the vectors of a new folder take four
FILLED = 128 * 1024  # bytes left when the server starts


class Visitors:
    """People who write until they are refused, and write again when there is room."""

    def __init__(self, server: Mortal) -> None:
        self.server = server
        self.told: dict[str, str] = {}
        self.refused: list[httpx.Response] = []
        self.unanswered: set[str] = set()  # keys of messages that were accepted and not answered
        self._count = 0

    def write(self) -> httpx.Response:
        """One message of a new visitor; the answer is 200 or 503 and nothing else."""
        self._count += 1
        key = f"visitor-{self._count}"
        answer = self._say(key)
        if answer.status_code == 503:
            self.refused.append(answer)
            if "run_id" in answer.json():
                self.unanswered.add(key)
        return answer

    def until_refused(self) -> httpx.Response:
        """The first answer that is no 200."""
        for _ in range(2000):
            answer = self.write()
            if answer.status_code != 200:
                return answer
        raise AssertionError("nothing was refused: the disk is not full")

    def until_there_is_room(self) -> None:
        """One that is answered again, and then all that were accepted before."""
        deadline = time.monotonic() + ROOM_SECONDS
        waiting = {f"visitor-{self._count + 1}", *self.unanswered}
        while waiting:
            assert time.monotonic() < deadline, self.server.log()
            waiting = {key for key in waiting if self._say(key).status_code != 200}
            time.sleep(0.05)  # as Retry-After asks, but for the second; the deadline bounds it
        self._count += 1

    def _say(self, key: str) -> httpx.Response:
        answer = self.server.say("What does Pro cost?", key, key=key)
        assert answer.status_code in (200, 503), answer.text
        if answer.status_code == 200:
            self.told[answer.headers["X-Run-ID"]] = answer.json()["response"]
        else:
            assert answer.headers["Retry-After"]
            detail = answer.json()["detail"]
            assert "The store cannot be reached or written: " in detail or "still waiting" in detail
        return answer


async def check_nothing_else_was_stored(visitors: Visitors) -> None:
    """All that was told is there, and whoever was told that nothing was accepted has no run."""
    await check_store(visitors.server.data, visitors.told)
    with closing(sqlite3.connect(visitors.server.data / STORE_FILE)) as db:
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (len(visitors.told),)


@pytest.mark.parametrize("room", [0, 40 * 1024], ids=["at_once", "in_the_middle"])
async def test_when_no_file_can_grow_nothing_is_acknowledged_and_it_goes_on_by_itself(
    mortal: Mortal, room: int
) -> None:
    visitors = Visitors(mortal)
    mortal.start(lease_seconds=LEASE_SECONDS).ready()
    assert visitors.write().status_code == 200
    log = mortal.data / f"{STORE_FILE}-wal"
    mortal.limit_files(log.stat().st_size + room if room else 0)
    visitors.until_refused()
    mortal.limit_files(0)  # what is small would still find room
    assert mortal.client.get("/readyz").status_code == 503
    assert mortal.client.get("/health").json()["database"] is False
    for _ in range(5):
        answer = visitors.write()
        assert answer.status_code == 503
        assert "The store cannot be reached or written" in answer.json()["detail"]
        assert "run_id" not in answer.json()
    mortal.limit_files(-1)
    visitors.until_there_is_room()
    assert mortal.client.get("/readyz").status_code == 200
    assert mortal.stop() == 0
    await check_nothing_else_was_stored(visitors)


@pytest.fixture
def disk(used_folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder on a small disk."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        with small_disk(place, MOUNTED):
            shutil.copytree(used_folder, place / "data")
            yield place
    except CannotMount as error:
        pytest.skip(f"a full disk is imitated by limits on files alone: {error}")


async def test_a_full_disk_is_said_so_and_it_goes_on_when_there_is_room(nursery: Nursery, disk: Path) -> None:
    filler = disk / "filler"
    with Mortal(nursery, disk / "data") as server:
        visitors = Visitors(server)
        server.start(lease_seconds=LEASE_SECONDS).ready()
        assert visitors.write().status_code == 200
        filler.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - FILLED)))
        visitors.until_refused()
        filler.write_bytes(filler.read_bytes() + bytes(shutil.disk_usage(disk).free))
        refused = [visitors.write() for _ in range(5)]
        assert [answer.status_code for answer in refused] == [503] * 5
        assert any("full" in answer.json()["detail"] for answer in visitors.refused)
        filler.unlink()
        visitors.until_there_is_room()
        assert server.stop() == 0
        await check_nothing_else_was_stored(visitors)
