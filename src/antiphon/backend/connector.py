"""What every connector is built on: a base class to derive your own from."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeAlias

from antiphon.core.backend import BackendContact, PendingItem, contact_of, item_of
from antiphon.core.backend_config import BackendConfig
from antiphon.core.names import EffectKey, Facts


class BackendConnector(ABC):
    """A `ports.Backend` of your own: say how to ask, and override how answers are read where yours differ.

    It is made with the section `backend` of the settings file, once, before anything runs.
    """

    def __init__(self, config: BackendConfig) -> None:
        self.config = config

    @abstractmethod
    async def get_pending_followups(self, *, limit: int = 100) -> list[PendingItem]:
        """What waits for somebody, at most `limit` of it."""

    @abstractmethod
    async def get_contact(self, contact_id: str) -> BackendContact | None:
        """A contact by the business's own id, or None."""

    @abstractmethod
    async def get_business_context(
        self, contact_id: str, *, entity_type: str | None = None, entity_id: str | None = None
    ) -> Facts:
        """What should be known when somebody talks with a contact about something; empty when nothing is."""

    @abstractmethod
    async def update_followup_status(
        self, followup_id: str, status: str, *, details: Facts | None = None, key: EffectKey | None = None
    ) -> None:
        """Tell how a follow-up stands."""

    @abstractmethod
    async def search_contacts(self, query: str, *, limit: int = 20) -> list[BackendContact]:
        """Contacts by name, organization or address."""

    @abstractmethod
    async def call_endpoint(self, name: str, payload: Facts, *, key: EffectKey | None = None) -> Any:
        """Call an endpoint by its name; the answer's JSON value, None when it is empty."""

    def normalize_contact(self, raw: Facts) -> BackendContact:
        """A contact from what this backend tells. Raises ValueError when it is none."""
        return contact_of(raw)

    def normalize_item(self, raw: Facts) -> PendingItem:
        """A pending item from what this backend tells. Raises ValueError when it is none."""
        return item_of(raw)

    async def check(self) -> None:
        """Nothing, when the backend can be used as far as we know; else it raises BackendAway."""
        return

    async def close(self) -> None:
        """Let go of connections."""
        return


MakeConnector: TypeAlias = Callable[[BackendConfig], BackendConnector]  # what an entry point names: a class, usually
