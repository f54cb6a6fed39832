"""CV.43: one contract for every backend: the mock, REST and GraphQL, the latter two over real HTTP."""

from pathlib import Path

import pytest

from antiphon.backend import BackendConnector
from antiphon.backend.mock import MockBackend
from antiphon.core.errors import BackendRefused
from antiphon.core.rule import evaluate
from antiphon.loader.rules import read_rules
from antiphon.ports import Backend
from tests.backend.server import Business

CONVERSE = Path(__file__).parents[2] / "packs" / "converse"


async def test_cv43_pending_followups_are_those_of_the_sample(backend: BackendConnector) -> None:
    invoice, order, shipment = await backend.get_pending_followups()

    assert (invoice.id, invoice.contact_id) == ("FU001", "D001")
    assert (invoice.entity_type, invoice.entity_id) == ("invoice", "INV-2024-1234")
    assert (invoice.days_overdue, invoice.amount, invoice.currency) == (7, 250_000, "INR")
    assert (order.id, order.entity_id) == ("FU002", "ORD-2024-5678")
    assert (shipment.id, shipment.entity_id) == ("FU003", "SHIP-3456")
    assert invoice.facts()["status"] == "overdue"


async def test_no_more_are_told_than_were_asked_for(backend: BackendConnector) -> None:
    assert [item.id for item in await backend.get_pending_followups(limit=2)] == ["FU001", "FU002"]


async def test_cv43_contacts_are_found_by_id(backend: BackendConnector) -> None:
    found = [await backend.get_contact(contact_id) for contact_id in ("D001", "D002", "V001")]

    assert [one and one.id for one in found] == ["D001", "D002", "V001"]
    assert found[0] is not None
    assert found[0].organization == "Kumar Traders"
    preferred = [one for one in found[0].addresses if one.preferred]
    assert [(one.channel, one.address) for one in preferred] == [("whatsapp", "+919000000001")]
    assert "email" in {one.channel for one in found[0].addresses}
    assert found[0].data["credit_limit"] == 500_000


async def test_an_unknown_contact_is_none(backend: BackendConnector) -> None:
    assert await backend.get_contact("D999") is None


async def test_cv43_contacts_are_searched(backend: BackendConnector) -> None:
    assert [one.id for one in await backend.search_contacts("sharma")] == ["D002"]
    assert [one.id for one in await backend.search_contacts("D00", limit=1)] == ["D001"]
    assert await backend.search_contacts("nobody & everybody?") == []


async def test_cv43_business_context(backend: BackendConnector) -> None:
    context = await backend.get_business_context("D001")
    other = await backend.get_business_context("D001", entity_type="order", entity_id="ORD-1")

    assert [item["id"] for item in context["followups"]] == ["FU001"]
    assert other["followups"] == []
    assert await backend.get_business_context("D999") == {}


async def test_cv43_a_followup_is_updated(backend: BackendConnector) -> None:
    await backend.update_followup_status("FU002", "completed", details={"note": "thank you"}, key="run:1")

    assert [item.id for item in await backend.get_pending_followups()] == ["FU001", "FU003"]


async def test_an_unknown_followup_is_refused(backend: BackendConnector) -> None:
    with pytest.raises(BackendRefused) as refused:
        await backend.update_followup_status("FU999", "completed", key="run:1")

    assert not refused.value.unknown
    assert not refused.value.retry


async def test_a_repeat_with_the_same_key_is_one_update(backend: BackendConnector, system: Business) -> None:
    for _ in range(2):
        await backend.update_followup_status("FU001", "in_progress", key="run:7")

    updates = backend.told if isinstance(backend, MockBackend) else system.updates
    assert len(updates) == 1


async def test_an_endpoint_of_ones_own_is_called(backend: BackendConnector) -> None:
    answer = await backend.call_endpoint("confirm_payment", {"invoice": "INV/1", "amount": 5.0}, key="run:2")

    if isinstance(backend, MockBackend):
        assert [(told.endpoint, told.key) for told in backend.told] == [("confirm_payment", "run:2")]
    else:
        assert answer == {"invoice": "INV/1", "paid": 5.0}


async def test_contacts_are_normalized(backend: BackendConnector) -> None:
    contact = backend.normalize_contact({"external_id": 17, "full_name": "Ann", "phone": "+4930123", "vip": True})

    assert (contact.id, contact.name, contact.data) == ("17", "Ann", {"vip": True})
    assert [(one.channel, one.address) for one in contact.addresses] == [("voice", "+4930123")]
    with pytest.raises(ValueError, match="contact_id"):
        backend.normalize_contact({"name": "Ann"})


async def test_it_is_a_backend_of_the_ports(backend: BackendConnector) -> None:
    port: Backend = backend

    await port.check()


async def test_cv38_the_sample_rules_on_what_is_pending(backend: BackendConnector) -> None:
    """Of the three samples, the invoice that is a week late is the one to remind of."""
    rules, _ = read_rules(CONVERSE)

    hits = [hit for item in await backend.get_pending_followups() for hit in evaluate(rules, item.facts())]

    assert [(hit.rule.id, hit.contact_id, hit.context_key) for hit in hits] == [("payment_reminder", "D001", "FU001")]
    assert hits[0].priority == "high"
