"""The business's own system."""

from typing import Any, Protocol

from antiphon.core.backend import BackendContact, PendingItem
from antiphon.core.names import (
    EffectKey,
    Facts,
)


class Backend(Protocol):
    """The business's own system. What it raises is a `BackendError`, whose `unknown` and `retry` say what to do.

    Reads are tried again by themselves, and so is what comes with a `key`: the name under which the other side
    recognises a repeat (an effect's key). What comes without a key is tried once.
    """

    async def get_pending_followups(self, *, limit: int = 100) -> list[PendingItem]:
        """What waits for somebody, at most `limit` of it."""
        ...

    async def get_contact(self, contact_id: str) -> BackendContact | None:
        """A contact by the business's own id, or None."""
        ...

    async def get_business_context(
        self, contact_id: str, *, entity_type: str | None = None, entity_id: str | None = None
    ) -> Facts:
        """What should be known when somebody talks with a contact about something; empty when nothing is."""
        ...

    async def update_followup_status(
        self, followup_id: str, status: str, *, details: Facts | None = None, key: EffectKey | None = None
    ) -> None:
        """Tell how a follow-up stands."""
        ...

    async def search_contacts(self, query: str, *, limit: int = 20) -> list[BackendContact]:
        """Contacts by name, organization or address."""
        ...

    async def call_endpoint(self, name: str, payload: Facts, *, key: EffectKey | None = None) -> Any:
        """Call an endpoint of the configuration by its name; the answer's JSON value, None when it is empty.

        Raises:
            BackendCallInvalid: there is no such endpoint, or the payload lacks what its path needs.
        """
        ...

    def normalize_contact(self, raw: Facts) -> BackendContact:
        """A contact as this backend tells it, in our words.

        Raises:
            ValueError: it is none.
        """
        ...

    async def check(self) -> None:
        """Nothing, when the backend can be used as far as we know. It is not called for that.

        Raises:
            BackendAway: it failed several times in a row, and is left alone for a while.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
