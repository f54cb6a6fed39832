"""A power cut, imitated: the files of a running store are copied without what was written to them last.

SQLite promises that a commit is there when the last of its frames in the log (`-wal`) is, whole; and a commit is
acknowledged after its frames were flushed. So whatever is cut off the log's end, the rest is a store that opens,
verifies, and holds the first so many commits; and with the whole log it holds all that was acknowledged.
"""

import os
import shutil
import signal
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest

from antiphon.clock import SystemClock
from antiphon.storage.sqlite import STORE_FILE, open_sqlite
from tests.recovery.accounts import check_chains, check_replies
from tests.recovery.mortals import Mortal

LOG_FILE = f"{STORE_FILE}-wal"
SESSIONS = 4
ENOUGH = 24  # messages answered before the cut; the log still fits in what SQLite keeps before it copies it back
PROVED = 12  # cuts after which the store is opened and proved; after the others it is only looked into

Held: TypeAlias = tuple[tuple[str, ...], tuple[str, ...], tuple[bytes, ...]]  # runs, those ended, hashes of events


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """The log of a store, frame by frame."""

    data: bytes
    frame: int  # bytes
    frames: int  # that belong to it; behind them may be some of a log before it
    commits: frozenset[int]  # frames that end a commit, from 1

    @classmethod
    def of(cls, data: bytes) -> "Log":
        frame = 24 + int.from_bytes(data[8:12], "big")
        salt, frames, commits = data[16:24], 0, set()
        while (at := 32 + frames * frame) + frame <= len(data) and data[at + 8 : at + 16] == salt:
            frames += 1
            if data[at + 4 : at + 8] != bytes(4):  # the size of the store after this commit
                commits.add(frames)
        return cls(data=data, frame=frame, frames=frames, commits=frozenset(commits))

    def end(self, frames: int) -> int:
        return 32 + frames * self.frame


class Talk:
    """People who talk until they are stopped, and what they were told."""

    def __init__(self, server: Mortal) -> None:
        self.told: dict[str, str] = {}
        self.enough = threading.Event()
        self._server = server
        self._threads = [threading.Thread(target=self._talk, args=(number,)) for number in range(SESSIONS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        for thread in self._threads:
            thread.join()

    def _talk(self, number: int) -> None:
        for place in range(100):
            try:
                answer = self._server.say(f"What does Pro cost? {place}", f"s-{number}")
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            self.told[answer.headers["X-Run-ID"]] = answer.json()["response"]
            if len(self.told) >= ENOUGH:
                self.enough.set()


@pytest.fixture
def cut(mortal: Mortal, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """The files of a store in the middle of work, and what had been acknowledged."""
    mortal.start().ready()
    talk = Talk(mortal)
    talk.start()
    assert talk.enough.wait(30), mortal.log()
    os.kill(mortal.pid, signal.SIGSTOP)
    files = tmp_path / "cut"
    files.mkdir()
    for name in (STORE_FILE, LOG_FILE):
        shutil.copyfile(mortal.data / name, files / name)
    told = dict(talk.told)
    os.kill(mortal.pid, signal.SIGKILL)
    mortal.kill()
    talk.end()
    return files, told


def store_without(files: Path, folder: Path, log: bytes) -> Path:
    """The store as it is found when only this much of its log has reached the disk."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copyfile(files / STORE_FILE, folder / STORE_FILE)
    (folder / LOG_FILE).write_bytes(log)
    return folder


def held(folder: Path) -> Held:
    """What a store holds, each in the order in which it came."""
    with closing(sqlite3.connect(folder / STORE_FILE)) as db:
        db.row_factory = lambda _cursor, row: row[0]
        return (
            tuple(db.execute("SELECT id FROM runs ORDER BY rowid")),
            tuple(db.execute("SELECT id FROM runs WHERE finished_at IS NOT NULL ORDER BY finished_at, id")),
            tuple(db.execute("SELECT hash FROM events ORDER BY at, conversation_id, sequence")),
        )


async def prove(folder: Path) -> None:
    stores = await open_sqlite(folder, clock=SystemClock())
    await check_chains(stores.tenant())
    await stores.close()


@pytest.mark.timeout(120)  # seconds; each cut is a store of its own
async def test_whatever_is_cut_off_the_first_commits_are_there_and_whole(
    cut: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    files, told = cut
    log = Log.of((files / LOG_FILE).read_bytes())
    assert len(log.commits) > ENOUGH
    folder, seen = tmp_path / "left", []
    everything = held(store_without(files, folder, log.data))
    for frames in range(log.frames):
        found = held(store_without(files, folder, log.data[: log.end(frames)]))
        torn = log.data[: log.end(frames) + log.frame // 2]
        assert held(store_without(files, folder, torn)) == found
        # The frame has its length, but only the first half of it is what was written.
        garbled = torn + bytes(byte ^ 0xFF for byte in log.data[len(torn) : log.end(frames + 1)])
        assert held(store_without(files, folder, garbled)) == found
        if frames % (log.frames // PROVED) == 0:
            await prove(store_without(files, folder, garbled))
        seen.append(found)
    seen.append(held(store_without(files, folder, log.data[: log.end(log.frames)])))
    for frames, (before, after) in enumerate(pairwise(seen), 1):
        assert (before == after) or frames in log.commits, "a commit was seen before its last frame"
        for earlier, later in zip(before, after, strict=True):
            assert set(earlier) <= set(later)
    assert seen[-1] == everything
    for found in seen:
        assert found[0] == everything[0][: len(found[0])], "a later message is there without an earlier one"
    stores = await open_sqlite(store_without(files, folder, log.data), clock=SystemClock())
    await check_replies(stores.tenant(), told)
    await stores.close()


@pytest.mark.parametrize("log", [b"", bytes(4096), b"\x37\x7f\x06\x82" + bytes(28)], ids=["empty", "zeros", "header"])
async def test_a_log_of_which_nothing_is_left_costs_the_latest_commits_only(
    cut: tuple[Path, dict[str, str]], tmp_path: Path, log: bytes
) -> None:
    files, _ = cut
    await prove(store_without(files, tmp_path / "left", log))
