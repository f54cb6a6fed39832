"""Three backends with the same data: the mock, and REST and GraphQL over real HTTP."""

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

import pytest

from antiphon.backend import BackendConnector, open_backend
from antiphon.core.backend_config import BackendConfig
from tests.backend.server import Business, business

QUERIES = {
    "get_followups": "query { followups { id contact_id } }",
    "get_contact": "query One($contactId: ID!) { contact(id: $contactId) { id name } }",
    "get_context": "query C($contactId: ID!, $entityType: String, $entityId: ID) { context(id: $contactId) { x } }",
    "update_followup": "mutation U($followupId: ID!, $status: String!, $note: String) "
    "{ updateFollowup(id: $followupId, status: $status, note: $note) { ok } }",
    "search_contacts": "query S($query: String!, $limit: Int!) { contacts(query: $query, first: $limit) { id } }",
    "confirm_payment": "mutation P($invoice: ID!, $amount: Float) { confirmPayment(invoice: $invoice) { paid } }",
}
PATHS = {"confirm_payment": {"path": "/payments/{invoice}/confirm", "result": "data"}}

Connect: TypeAlias = Callable[..., BackendConnector]


@pytest.fixture
async def system() -> AsyncIterator[Business]:
    """The business's system."""
    async with business() as state:
        yield state


@pytest.fixture
async def connect(system: Business) -> AsyncIterator[Connect]:
    """Open a REST backend on it, with settings replaced; closed at the end."""
    opened: list[BackendConnector] = []

    def rest(clock: Callable[[], float] | None = None, **given: Any) -> BackendConnector:
        settings = {"base_url": system.url, "endpoints": PATHS, "timeout_seconds": 5, **given}
        config = BackendConfig.model_validate(settings)
        opened.append(open_backend(config, clock=clock) if clock else open_backend(config))
        return opened[-1]

    yield rest
    for backend in opened:
        await backend.close()


@pytest.fixture(params=["mock", "rest", "graphql"])
def backend(request: pytest.FixtureRequest, system: Business, connect: Connect) -> BackendConnector:
    """Each kind of backend in turn."""
    if request.param == "mock":
        return connect(base_url="")
    if request.param == "graphql":
        return connect(type="graphql", base_url=f"{system.url}/graphql", endpoints=QUERIES)
    return connect()
