"""The JSON files: whoever reads them sees the old one or the new one, whenever the process that writes them dies."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from antiphon.sinks.atomic import sweep_unfinished, write_atomically
from tests.recovery.mortals import Mortal

FILES = ("leads/leads.json", "conversations/conversations.json")
DEATHS = [f"before {name} is {what}" for name in ("leads.json", "conversations.json") for what in ("begun", "replaced")]
DYING = """
import os, signal, sys
from pathlib import Path
from antiphon.sinks.atomic import write_atomically

def parts():
    for number in range(4):
        if number == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        yield b"a longer line than the buffer of a file has room for" * 1000
write_atomically(Path(sys.argv[1]), parts())
"""


@pytest.mark.parametrize("part", range(4))
def test_a_death_in_the_middle_of_writing_leaves_the_file_before_it(tmp_path: Path, part: int) -> None:
    file = tmp_path / "leads.json"
    write_atomically(file, [b"[]"])
    died = subprocess.run([sys.executable, "-c", DYING, str(file), str(part)], check=False)
    assert died.returncode == -signal.SIGKILL
    assert file.read_bytes() == b"[]"
    sweep_unfinished(file)
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_written_leaves_the_file_before_it(tmp_path: Path) -> None:
    file = tmp_path / "leads.json"
    write_atomically(file, [b"[]"])

    def parts() -> Iterator[bytes]:
        yield b"["
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        write_atomically(file, parts())
    assert file.read_bytes() == b"[]"
    assert list(tmp_path.iterdir()) == [file]


@contextmanager
def reader(data: Path) -> Iterator[list[str]]:
    """Somebody who reads both files all the time; what they could not read."""
    torn: list[str] = []
    stopped = threading.Event()

    def read() -> None:
        while not stopped.wait(0.001):
            for name in FILES:
                text = (data / name).read_text()
                try:
                    json.loads(text)
                except ValueError:
                    torn.append(f"{name}: {text[-100:]}")

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield torn
    finally:
        stopped.set()
        reading.join()


def test_no_torn_file_is_ever_seen_and_what_was_half_written_is_swept_up(mortal: Mortal) -> None:
    with reader(mortal.data) as torn:
        for number, death in enumerate(DEATHS):
            mortal.start().ready()
            assert not list(mortal.data.rglob(".*.json.*")), "a start sweeps up"
            capture(mortal, number)
            mortal.kill()
            mortal.start(at=death, fatal=None)
            assert mortal.ended() == -signal.SIGKILL
        mortal.start().ready()
        assert mortal.stop() == 0
    assert torn == []
    leads = json.loads((mortal.data / FILES[0]).read_text())
    assert [lead["email"] for lead in leads] == [f"p{number}@example.com" for number in range(len(DEATHS))]
    assert not list(mortal.data.rglob(".*.json.*"))


def test_a_lead_that_the_file_had_no_room_for_is_written_as_soon_as_there_is(mortal: Mortal) -> None:
    folder = mortal.data / "leads"
    mortal.start().ready()
    (folder / "leads.json").unlink()
    folder.rmdir()
    folder.touch()  # no folder: the file cannot be written
    capture(mortal, 1)
    assert "cannot be written" in mortal.log()
    folder.unlink()
    deadline = time.monotonic() + 30
    while not (folder / "leads.json").exists():
        assert time.monotonic() < deadline, mortal.log()
        time.sleep(0.02)  # until it is tried again; the deadline bounds it
    assert [lead["email"] for lead in json.loads((folder / "leads.json").read_text())] == ["p1@example.com"]


def capture(mortal: Mortal, number: int) -> None:
    lead = {"name": "Ada Lovelace", "email": f"p{number}@example.com", "platform": "YouTube"}
    answer = mortal.client.post("/lead", json=lead)
    assert answer.status_code == 200, answer.text
