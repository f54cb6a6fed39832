"""A store with conversations in it."""

from pathlib import Path

import pytest

from tests.cli.stores import StoreFile


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> StoreFile:
    """As it should be; copy it before you change it."""
    return StoreFile.made(tmp_path_factory.mktemp("whole") / "data")


@pytest.fixture
def store(whole: StoreFile, tmp_path: Path) -> StoreFile:
    """One that a test may damage."""
    return whole.copied(tmp_path / "data")
