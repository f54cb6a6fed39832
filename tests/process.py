"""A process of the product, started by its command, told by its log, and ended by its process id."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

READY_SECONDS = 30.0  # on a busy machine; usually two


class Process:
    """A context manager: started and ready inside, ended after. Subclasses say when it is ready."""

    def __init__(self, command: list[str], log: Path, env: Mapping[str, str] | None) -> None:
        self._command = [sys.executable, "-m", "antiphon", *command]
        self._env = {**os.environ, **(env or {})}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process; it may not be ready yet."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._env)  # noqa: S603 - ours
        return self

    def ready(self) -> Self:
        """Wait until it works; fails with its log when it ends instead."""
        raise NotImplementedError

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
