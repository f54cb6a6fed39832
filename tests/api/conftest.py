"""One running server per test process; tests keep apart by their session ids."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`antiphon serve` on an empty data folder."""
    with Server(tmp_path_factory.mktemp("api") / "data") as running:
        yield running


@pytest.fixture
def session() -> str:
    """A session id that no other test uses."""
    return f"s-{uuid4().hex[:12]}"
