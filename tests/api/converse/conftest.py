"""Converse over HTTP, on each kind of installation, with the backend that is shipped for trying."""

from collections.abc import Iterator

import pytest

from tests.api.converse.desk import Desk
from tests.server import Server


@pytest.fixture(scope="session", params=("sqlite", "postgres+redis"))
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A server with the pack."""
    env: dict[str, str] = {}
    if request.param != "sqlite":
        env = {name: request.getfixturevalue(name.lower()) for name in ("POSTGRES_URL", "REDIS_URL")}
        env["DATABASE_URL"] = env.pop("POSTGRES_URL")
    with Server(tmp_path_factory.mktemp("converse") / "data", env=env) as server:
        yield Desk(server)
