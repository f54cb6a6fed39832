"""Servers that are made to die: forked from the nursery, real ones over HTTP in every other way."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.process import READY_SECONDS
from tests.server import free_port

ROOT = Path(__file__).parents[2]


class Nursery:
    """Where servers come from. One at a time."""

    def __init__(self, packs: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.recovery.nursery", str(packs)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, **order: Any) -> int:
        """A server; its process id."""
        assert self._process.stdin
        print(json.dumps(order, default=str), file=self._process.stdin, flush=True)
        return int(self._answer()["pid"])

    def ended(self) -> int:
        """The exit status of the server, once it has ended; negative: the signal that ended it."""
        return int(self._answer()["status"])

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """No more servers."""
        with self._process:  # closes the pipe that it reads from, and waits
            pass


class Mortal:
    """A server on a data folder, which may be told at which step to kill itself."""

    def __init__(self, nursery: Nursery, data: Path, *, notes: Path | None = None) -> None:
        """`notes`: the folder of its log and its steps; beside the data folder when it is None."""
        self.data = data
        self.port = free_port()
        self.client = self._connect()
        self._nursery = nursery
        notes = notes or data.parent
        notes.mkdir(exist_ok=True)
        self._log = notes / f"{data.name}.log"
        self._notes = notes / f"{data.name}.steps"
        self._pid: int | None = None

    def start(self, at: int | str | None = None, *, fatal: str | None = "", lease_seconds: float = 30) -> Self:
        """Start it; it may not be ready yet. At the step `at` it dies, counted from the message with the key `fatal`.

        With None for `fatal` they are counted from the start on.
        """
        self.held.unlink(missing_ok=True)
        self.client.close()
        self.client = self._connect()  # no connection that the server before this one has left behind
        self._pid = self._nursery.order(
            data=self.data,
            port=self.port,
            log=self._log,
            notes=self._notes,
            at=at,
            fatal=fatal,
            lease_seconds=lease_seconds,
        )
        return self

    def ready(self) -> Self:
        """Wait until it accepts requests; fails with its log when it ends instead."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if self.client.get("/readyz").status_code == 200:
                    return self
            except httpx.TransportError:
                assert not self._is_gone(), f"the server ended:\n{self.log()}"
                time.sleep(0.01)  # until it listens; the deadline bounds it
        raise AssertionError(f"the server was not ready in {READY_SECONDS} s:\n{self.log()}")

    def _connect(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)

    @property
    def pid(self) -> int:
        """The process that was started last."""
        assert self._pid is not None
        return self._pid

    @property
    def alive(self) -> bool:
        """Whether one was started that has not ended, as far as we know."""
        return self._pid is not None

    @property
    def held(self) -> Path:
        """A file that appears when a turn is being held."""
        return self._notes.with_suffix(".held")

    def steps(self) -> list[str]:
        """The steps that it came past while it was armed."""
        return self._notes.read_text().splitlines()

    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text()

    def say(self, message: str, session: str, *, key: str | None = None) -> httpx.Response:
        """One turn of a session."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post("/chat", json={"message": message, "session_id": session}, headers=headers)

    def limit_files(self, size: int) -> None:
        """Let no file grow beyond so many bytes, as a full disk would; -1 makes room again."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def ended(self) -> int:
        """How it ended, once it has."""
        self._pid = None
        return self._nursery.ended()

    def kill(self) -> None:
        """As a power cut would, but for what the system has in memory. It may have killed itself just now."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL, self.log()

    def stop(self) -> int:
        """As an operator would; the exit status."""
        os.kill(self.pid, signal.SIGTERM)
        return self.ended()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pid is not None:
            self.kill()
        self.client.close()

    def _is_gone(self) -> bool:
        state = Path(f"/proc/{self.pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"
