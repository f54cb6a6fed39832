"""A real server in a process of its own, on a free port, over HTTP: what black-box tests talk to."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

READY_SECONDS = 30.0  # on a busy machine; usually two


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


class Server:
    """`antiphon serve` on a data folder. A context manager that starts it, and stops it by its process id."""

    def __init__(self, data: Path, *, packs: Path | None = None, env: dict[str, str] | None = None) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=30)
        self._packs = packs
        self._env = {**os.environ, **(env or {})}
        self._log = data.parent / f"{data.name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process; it may not be ready yet."""
        command = [sys.executable, "-m", "antiphon", "serve", "--port", str(self.port), "--data", str(self.data)]
        if self._packs:
            command += ["--packs", str(self._packs)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=self._env)  # noqa: S603 - our own
        return self

    def ready(self) -> Self:
        """Wait until it accepts requests; fails with its log when it ends instead."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()}")
            try:
                if self.client.get("/readyz").status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.02)  # until it listens; the deadline bounds it
        raise AssertionError(f"the server was not ready in {READY_SECONDS} s:\n{self.log()}")

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

    def say(self, message: str, session: str) -> dict[str, Any]:
        """One turn of a session; the answer's JSON."""
        answer = self.client.post("/chat", json={"message": message, "session_id": session})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def __enter__(self) -> Self:
        return self.start().ready()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process and self._process.poll() is None:
            self.kill()
        self.client.close()
