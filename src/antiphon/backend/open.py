"""Which connector the settings choose."""

import logging
import time
from collections.abc import Callable
from importlib.metadata import entry_points

from antiphon.backend.connector import BackendConnector, MakeConnector
from antiphon.backend.mock import MockBackend
from antiphon.core.backend_config import BackendConfig
from antiphon.core.errors import BackendMisconfigured

log = logging.getLogger(__name__)

GROUP = "antiphon.backends"  # entry points under which connectors of others are found
OURS = ("rest", "graphql", "mock")


def open_backend(config: BackendConfig, *, clock: Callable[[], float] = time.monotonic) -> BackendConnector:
    """The backend that the settings describe. Nothing is sent yet.

    Args:
        clock: seconds that never go back; for the age of tokens and the circuit breaker.

    Raises:
        BackendMisconfigured: something is missing or wrong; the message says what.
    """
    if config.type not in OURS:
        return _installed(config)
    if config.type == "mock" or not config.base_url:
        log.info("the mock backend answers: backend.base_url is empty")
        return MockBackend(config)
    if config.type == "graphql":
        from antiphon.backend.graphql import GraphqlBackend  # noqa: PLC0415 - who needs no HTTP does not load it

        return GraphqlBackend(config, clock=clock)
    from antiphon.backend.rest import RestBackend  # noqa: PLC0415

    return RestBackend(config, clock=clock)


def _installed(config: BackendConfig) -> BackendConnector:
    """A connector that some package has registered."""
    registered = entry_points(group=GROUP)
    found = next((entry for entry in registered if entry.name == config.type), None)
    if found is None:
        known = ", ".join((*OURS, *sorted(registered.names)))
        raise BackendMisconfigured(reason=f"there is no connector `{config.type}` for backend.type; there are {known}")
    try:
        make: MakeConnector = found.load()
    except (ImportError, AttributeError) as error:
        raise BackendMisconfigured(
            reason=f"the connector `{config.type}` ({found.value}) has no code: {error}"
        ) from error
    connector = make(config)
    if not isinstance(connector, BackendConnector):
        raise BackendMisconfigured(reason=f"the connector `{config.type}` ({found.value}) is no BackendConnector")
    return connector
