"""Converse on the twin and on SQLite: the same promises on both."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.stores import StoreKind
from tests.engine.shop import Shop, open_shop

KINDS: tuple[StoreKind, ...] = ("memory", "sqlite")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    found: StoreKind = request.param
    return found


@pytest.fixture
async def shop(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(kind, tmp_path) as opened:
        yield opened
