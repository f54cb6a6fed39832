"""A pack that is understood once for all tests of a module."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from antiphon.clock import SystemClock
from antiphon.loader import load_pack
from antiphon.settings import Settings
from antiphon.trying.stage import Stage, staged
from tests.contracts.stores import open_stores
from tests.trying.branch import Branch
from tests.trying.dues import write_pack


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder: Path = write_pack(tmp_path_factory.mktemp("packs") / "dues")
    async with staged(load_pack(folder), tmp_path_factory.mktemp("vectors")) as opened:
        yield opened


@pytest.fixture(params=("sqlite", "postgres"))
async def branch(request: pytest.FixtureRequest, tmp_path: Path) -> Branch:
    url = request.getfixturevalue("quiet_postgres_url") if request.param == "postgres" else None
    if url:
        await (await open_stores("postgres", tmp_path, SystemClock(), url)).close()  # it forgets what others left
    packs = tmp_path / "packs"
    write_pack(packs / "dues")
    settings = Settings(data_dir=tmp_path / "data", packs_dir=packs, database_url=url, worker=False)
    return Branch(packs=packs, settings=settings)
