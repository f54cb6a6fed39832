"""The servers that tests need: those that the environment names, else some of our own, else none, and that is said.

`tests/conftest.py` imports what pytest must see. Each worker of a parallel run has servers of its own, begun when a
test first asks: that takes a second, and leaves nothing to share or to forget.
"""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from tests.local_servers import NoProgram, PostgresServer, RedisServer

LEFT_OUT = "LEFT OUT, no server"


def _must_have_servers() -> bool:
    """Where a test that is left out would go unseen."""
    return os.environ.get("CI", "").lower() == "true" or os.environ.get("ANTIPHON_REQUIRE_SERVERS") == "1"


def _leave_out(name: str) -> NoReturn:
    message = f"{LEFT_OUT}: {name} is neither named by the environment, nor installed, nor among the dev dependencies"
    if _must_have_servers():
        pytest.fail(message)
    pytest.skip(message)


def _worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "gw0")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An empty PostgreSQL database. Quick, and not safe from power cuts; see `postgres_server` for that."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield from _database_on(given)
        return
    try:
        server = PostgresServer()
    except NoProgram:
        _leave_out("PostgreSQL (TEST_DATABASE_URL)")
    with server:
        yield server.url()


@pytest.fixture(scope="session")
def quiet_postgres_url(postgres_url: str) -> Iterator[str]:
    """A database on which no server is at work; its tests, one after the other, empty it as they like."""
    yield from _another(postgres_url)


@pytest.fixture
def own_postgres_url(postgres_url: str) -> Iterator[str]:
    """An empty database of this test alone: no server of another test works what it leaves there."""
    yield from _another(postgres_url)


@pytest.fixture
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL of this test alone, which it may stop and start. What it has committed is on disk."""
    try:
        server = PostgresServer(fsync=True)
    except NoProgram:
        _leave_out("a PostgreSQL that can be restarted")
    with server:
        yield server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis database that nobody else uses."""
    if given := os.environ.get("TEST_REDIS_URL"):
        yield urlunsplit(urlsplit(given)._replace(path=f"/{int(_worker().removeprefix('gw')) % 16}"))
        return
    try:
        server = RedisServer()
    except NoProgram:
        _leave_out("Redis (TEST_REDIS_URL)")
    with server:
        yield server.url


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis of this test alone, which it may stop and start."""
    try:
        server = RedisServer()
    except NoProgram:
        _leave_out("a Redis that can be restarted")
    with server:
        yield server


def _database_on(given: str) -> Iterator[str]:
    """A database of this worker on a server that others use too; it is dropped at the end."""
    name = f"antiphon_test_{_worker()}_{os.getpid()}"
    _execute(given, f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
    finally:
        _execute(given, f"DROP DATABASE {name} WITH (FORCE)")


def _another(url: str) -> Iterator[str]:
    """One more database on the server of that one, until it is no longer needed."""
    name = f"antiphon_{uuid4().hex[:12]}"
    _execute(url, f"CREATE DATABASE {name}")
    try:
        yield _named(url, name)
    finally:
        _execute(url, f"DROP DATABASE {name} WITH (FORCE)")


def _named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _execute(url: str, statement: str) -> None:
    """Run a statement. On a thread of its own, since an async test may have asked for the fixture."""

    async def execute() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, execute()).result()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly what was left out; in a parallel run the reports of all workers are here."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = [str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)]
    for reason in sorted({reason for reason in reasons if LEFT_OUT in reason}):
        count = reasons.count(reason)
        terminalreporter.write_line(f"!!! {count} tests {reason.removeprefix('Skipped: ')}", red=True, bold=True)
