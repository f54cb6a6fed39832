"""A backend without a backend: three contacts and three follow-ups, for trying things out.

It answers when the settings name no address. What is told to it is kept until the process ends.
"""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from antiphon.backend.connector import BackendConnector
from antiphon.core.backend import BackendContact, PendingItem
from antiphon.core.backend_config import BackendConfig
from antiphon.core.errors import BackendRefused
from antiphon.core.names import EffectKey, Facts

CONTACTS: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": "D001",
        "name": "Rajesh Kumar",
        "role": "dealer",
        "organization": "Kumar Traders",
        "email": "rajesh@kumar-traders.example",
        "whatsapp": "+919000000001",
        "channels": [{"channel": "whatsapp", "address": "+919000000001", "preferred": True}],
        "tags": ["dealer"],
        "region": "north",
        "credit_limit": 500_000,
    },
    {
        "id": "D002",
        "name": "Priya Sharma",
        "role": "dealer",
        "organization": "Sharma Distributors",
        "email": "priya@sharma-distributors.example",
        "channels": [{"channel": "email", "address": "priya@sharma-distributors.example", "preferred": True}],
        "phone": "+919000000002",
        "tags": ["dealer"],
        "region": "west",
        "credit_limit": 1_000_000,
    },
    {
        "id": "V001",
        "name": "Anil Mehta",
        "role": "vendor",
        "organization": "Mehta Logistics",
        "email": "anil@mehta-logistics.example",
        "whatsapp": "+919000000003",
        "tags": ["vendor"],
        "region": "south",
    },
)

FOLLOWUPS: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": "FU001",
        "contact_id": "D001",
        "type": "payment",
        "status": "overdue",
        "entity_type": "invoice",
        "entity_id": "INV-2024-1234",
        "invoice_id": "INV-2024-1234",
        "amount": 250_000,
        "currency": "INR",
        "days_overdue": 7,
    },
    {
        "id": "FU002",
        "contact_id": "D002",
        "type": "order",
        "status": "placed",
        "entity_type": "order",
        "entity_id": "ORD-2024-5678",
        "order_id": "ORD-2024-5678",
        "order_value": 75_000,
        "currency": "INR",
    },
    {
        "id": "FU003",
        "contact_id": "V001",
        "type": "delivery",
        "status": "shipped",
        "entity_type": "shipment",
        "entity_id": "SHIP-3456",
        "shipment_id": "SHIP-3456",
        "carrier": "Mehta Logistics",
    },
)

KEPT = 1000  # of what it was told, the latest; so many repeats are recognised


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Something that the mock backend was told."""

    endpoint: str
    payload: Facts
    key: EffectKey | None


class MockBackend(BackendConnector):
    """The sample data. A repeat with the same key is recognised, as a good backend does."""

    def __init__(self, config: BackendConfig | None = None) -> None:
        super().__init__(config or BackendConfig(type="mock"))
        self.told: deque[Told] = deque(maxlen=KEPT)  # in order, without repeats
        self._followups = {item["id"]: deepcopy(item) for item in FOLLOWUPS}
        self._contacts = {contact["id"]: deepcopy(contact) for contact in CONTACTS}

    async def get_pending_followups(self, *, limit: int = 100) -> list[PendingItem]:
        """The follow-ups that are not completed or cancelled."""
        open_ones = [item for item in self._followups.values() if item["status"] not in ("completed", "cancelled")]
        return [self.normalize_item(deepcopy(item)) for item in open_ones[:limit]]

    async def get_contact(self, contact_id: str) -> BackendContact | None:
        """One of D001, D002 and V001."""
        found = self._contacts.get(contact_id)
        return None if found is None else self.normalize_contact(deepcopy(found))

    async def get_business_context(
        self, contact_id: str, *, entity_type: str | None = None, entity_id: str | None = None
    ) -> Facts:
        """The contact's organization and their follow-ups, or the one that is asked about."""
        if contact_id not in self._contacts:
            return {}
        items = [
            deepcopy(item)
            for item in self._followups.values()
            if item["contact_id"] == contact_id
            and entity_id in (None, item["entity_id"])
            and entity_type in (None, item["entity_type"])
        ]
        return {"organization": self._contacts[contact_id]["organization"], "followups": items}

    async def update_followup_status(
        self, followup_id: str, status: str, *, details: Facts | None = None, key: EffectKey | None = None
    ) -> None:
        """Keep the status; a follow-up that is not there is refused."""
        if followup_id not in self._followups:
            raise BackendRefused(
                operation="update_followup",
                where="mock",
                status=404,
                reason=f"there is no follow-up {followup_id[:64]}",
                advice="The mock backend has FU001, FU002 and FU003.",
            )
        if self._is_new("update_followup", {"id": followup_id, "status": status, **(details or {})}, key):
            self._followups[followup_id]["status"] = status

    async def search_contacts(self, query: str, *, limit: int = 20) -> list[BackendContact]:
        """Contacts of which some field holds the words, without regard to case."""
        words = query.casefold().strip()
        found = [
            contact
            for contact in self._contacts.values()
            if any(words in value.casefold() for value in contact.values() if isinstance(value, str))
        ]
        return [self.normalize_contact(deepcopy(contact)) for contact in found[:limit]]

    async def call_endpoint(self, name: str, payload: Facts, *, key: EffectKey | None = None) -> Any:
        """Take note of it, whatever its name is."""
        self._is_new(name, payload, key)
        return {"status": "ok", "endpoint": name, "mock": True}

    def _is_new(self, endpoint: str, payload: Facts, key: EffectKey | None) -> bool:
        if key is not None and any(told.key == key for told in self.told):
            return False
        self.told.append(Told(endpoint=endpoint, payload=deepcopy(dict(payload)), key=key))
        return True
