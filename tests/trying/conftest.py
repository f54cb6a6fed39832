"""A pack that is understood once for all tests of a module."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from antiphon.loader import load_pack
from antiphon.trying.stage import Stage, staged
from tests.trying.dues import write_pack


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder: Path = write_pack(tmp_path_factory.mktemp("packs") / "dues")
    async with staged(load_pack(folder), tmp_path_factory.mktemp("vectors")) as opened:
        yield opened
