"""The business's own system: REST, GraphQL, a mock, or a connector of your own. See docs/backend.md."""

from antiphon.backend.connector import BackendConnector
from antiphon.backend.open import open_backend

__all__ = ["BackendConnector", "open_backend"]
