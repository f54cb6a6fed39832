"""Every contract test runs on each store. A store that does not keep the contract fails; none is skipped."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from antiphon.testing import CountingIds, SettableClock
from tests.contracts.desk import Desk
from tests.contracts.stores import STORE_KINDS, StoreKind, Stores, open_stores, server_of


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture(params=STORE_KINDS)
async def stores(request: pytest.FixtureRequest, tmp_path: Path, clock: SettableClock) -> AsyncIterator[Stores]:
    kind: StoreKind = request.param
    opened = await open_stores(kind, tmp_path, clock, server_of(kind, request))
    yield opened
    await opened.close()


@pytest.fixture
def desk(stores: Stores, clock: SettableClock) -> Desk:
    return Desk(store=stores.tenant(), clock=clock, ids=CountingIds())
