"""Servers to measure, each a process of its own on a free port of this machine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from bench.run import ROOT, Run
from tests.server import free_port

READY_SECONDS = 60.0  # then something is wrong
LOG_CHARS = 4_000  # of a server that failed: its last trace
POLL_SECONDS = 0.002  # the error of a start's time
TICKS = os.sysconf("SC_CLK_TCK")  # in a second of a process's time


class Process:
    """A context manager: started and ready inside, ended by its process id after."""

    def __init__(self, module: str, *arguments: str, log: Path, env: Mapping[str, str] | None = None) -> None:
        self.ready_seconds = 0.0  # from its start until it was ready
        self._command = [sys.executable, "-m", module, *arguments]
        self._env = {**os.environ, **(env or {})}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process."""
        assert self._process is not None
        return self._process

    def __enter__(self) -> Self:
        began = time.perf_counter()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=log, stderr=log, env=self._env)
        try:
            self._wait(until=began + READY_SECONDS)
        except BaseException:
            self.process.kill()
            raise
        self.ready_seconds = time.perf_counter() - began
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None:
            error.add_note(f"The log of {self._command[2]} ends with:\n{self._log.read_text()[-LOG_CHARS:]}")
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=READY_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def cpu_seconds(self) -> float:
        """What all threads of the process have used so far, in user and kernel mode."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mib(self) -> float:
        """The memory of the process that is resident now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def is_ready(self) -> bool:
        """Whether it has begun its work: a process without HTTP says so in its log."""
        return b"ready with packs" in self._log.read_bytes()

    def _wait(self, until: float) -> None:
        while not self.is_ready():
            if self.process.poll() is not None or time.perf_counter() > until:
                raise RuntimeError(f"{' '.join(self._command)} does not start:\n{self._log.read_text()}")
            time.sleep(POLL_SECONDS)


class Server(Process):
    """One that speaks HTTP, on a free port: ready at the first 200 of /readyz."""

    def __init__(self, module: str, *arguments: str, log: Path, env: Mapping[str, str] | None = None) -> None:
        self.port = free_port()
        super().__init__(module, *arguments, "--port", str(self.port), log=log, env=env)

    def get(self, path: str) -> Any:
        """The JSON of a path."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=READY_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            return orjson.loads(body)
        finally:
            connection.close()

    def is_ready(self) -> bool:
        """Whether it accepts requests."""
        try:
            self.get("/readyz")
        except (OSError, AssertionError):
            return False
        return True


def bare(run: Run) -> Server:
    """A FastAPI endpoint that does nothing."""
    return Server("bench.bare", log=run.folder / "bare.log")


def antiphon(run: Run, data: Path, *options: str, env: Mapping[str, str] | None = None) -> Server:
    """The product, as its command line starts it."""
    return Server("antiphon", "serve", *options, *_folders(run, data), log=run.folder / "antiphon.log", env=env)


def worker(run: Run, data: Path, *, env: Mapping[str, str]) -> Process:
    """The product without HTTP, on what the environment names."""
    return Process("antiphon", "worker", *_folders(run, data), log=data / "worker.log", env=env)


def watched(run: Run, data: Path) -> Server:
    """The product with stop watches around its ports."""
    return Server("bench.watched", *_folders(run, data), log=run.folder / "watched.log")


def _folders(run: Run, data: Path) -> list[str]:
    return ["--data", str(data), *(["--packs", str(run.packs)] if run.packs else [])]
