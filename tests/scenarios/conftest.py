"""The real engine with every pack that has scenarios, once with each driver: a start takes a second."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from antiphon.engine.service import Service
from antiphon.graph.drivers import DriverChoice
from antiphon.loader import load_pack
from antiphon.settings import Settings
from antiphon.wiring import open_service
from tests.scenarios.transcripts import folders


@asynccontextmanager
async def running(data: Path, driver: DriverChoice) -> AsyncIterator[Service]:
    packs = [load_pack(folder) for folder in folders()]
    async with open_service(Settings(data_dir=data, graph_driver=driver), packs=packs) as service:
        yield service


@pytest.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    async with running(tmp_path_factory.mktemp("straight"), "straight") as service:
        yield service


@pytest.fixture(scope="module")
async def langgraph_service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    async with running(tmp_path_factory.mktemp("langgraph"), "langgraph") as service:
        yield service
