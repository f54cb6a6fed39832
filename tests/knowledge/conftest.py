"""A folder for each test."""

from pathlib import Path

import pytest

from tests.knowledge.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(folder=tmp_path)
