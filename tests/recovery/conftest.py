"""The nursery, and a data folder that a server has been in before."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recovery.mortals import Mortal, Nursery

PACK = Path(__file__).parents[2] / "packs" / "autostream"


@pytest.fixture(scope="session")
def nursery(autostream: Path) -> Iterator[Nursery]:
    made = Nursery(autostream)
    yield made
    made.close()


@pytest.fixture(scope="session")
def used_folder(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated, and with the vectors of the packs' examples, which take a second to make."""
    data = tmp_path_factory.mktemp("used") / "data"
    with Mortal(nursery, data) as server:
        server.start().ready()
        assert server.stop() == 0
    return data


@pytest.fixture(scope="session")
def autostream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of one pack; each pack costs a start its time."""
    packs = tmp_path_factory.mktemp("packs")
    (packs / PACK.name).symlink_to(PACK)
    return packs


@pytest.fixture
def data(used_folder: Path, tmp_path: Path) -> Path:
    """A data folder of this test's own."""
    return Path(shutil.copytree(used_folder, tmp_path / "data"))


@pytest.fixture
def mortal(nursery: Nursery, data: Path) -> Iterator[Mortal]:
    """A server on it, not started."""
    with Mortal(nursery, data) as server:
        yield server
