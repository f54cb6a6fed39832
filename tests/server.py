"""A real server in a process of its own, on a free port, over HTTP: what black-box tests talk to."""

import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.process import READY_SECONDS, Process


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


class Server(Process):
    """`antiphon serve` on a data folder. A context manager that starts it, and stops it by its process id."""

    def __init__(self, data: Path, *, packs: Path | None = None, env: dict[str, str] | None = None) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=30)
        command = ["serve", "--port", str(self.port), "--data", str(data), *(["--packs", str(packs)] if packs else [])]
        super().__init__(command, data.parent / f"{data.name}.log", env)

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

    def say(self, message: str, session: str) -> dict[str, Any]:
        """One turn of a session; the answer's JSON."""
        answer = self.client.post("/chat", json={"message": message, "session_id": session})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, error, at)
        self.client.close()
