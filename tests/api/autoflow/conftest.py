"""AutoFlow over HTTP, on each kind of installation: one file, and a PostgreSQL with a Redis."""

from collections.abc import Iterator

import pytest

from tests.api.autoflow.flow import OPEN, Flow
from tests.server import Server

INSTALLATIONS = ("sqlite", "postgres+redis")


@pytest.fixture(scope="session", params=INSTALLATIONS)
def flow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    """A server without keys and without a limit that a test could reach."""
    with Server(tmp_path_factory.mktemp("autoflow") / "data", env={**OPEN, **shared(request)}) as server:
        yield Flow(server)


@pytest.fixture(params=INSTALLATIONS)
def installation(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of an installation, for a server that a test starts with more of its own."""
    return {**OPEN, **shared(request)}


def shared(request: pytest.FixtureRequest) -> dict[str, str]:
    """What names the PostgreSQL and the Redis."""
    if request.param == "sqlite":
        return {}
    return {
        "DATABASE_URL": request.getfixturevalue("postgres_url"),
        "REDIS_URL": request.getfixturevalue("redis_url"),
    }
