"""`antiphon worker` in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

READY_SECONDS = 30.0  # on a busy machine; usually two


class WorkerProcess:
    """A context manager that starts it, and stops it by its process id."""

    def __init__(self, data: Path, *, env: dict[str, str] | None = None) -> None:
        self._data = data
        self._env = {**os.environ, **(env or {})}
        self._log = data.parent / f"{data.name}.worker.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process; it may not be ready yet."""
        command = [sys.executable, "-m", "antiphon", "worker", "--data", str(self._data)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=self._env)  # noqa: S603 - our own
        return self

    def ready(self) -> Self:
        """Wait until it works; fails with its log when it ends instead."""
        deadline = time.monotonic() + READY_SECONDS
        while '"ready with packs' not in self.log():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)  # until it says so; the deadline bounds it
        return self

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process that was started last."""
        assert self._process is not None
        return self._process

    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text()

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(timeout=READY_SECONDS)

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """As an operator would; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def __enter__(self) -> Self:
        return self.start().ready()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process and self._process.poll() is None:
            self.kill()
