"""What the business's own system tells us: contacts, and what is pending with them.

Every business names its fields in its own way. `contact_of` and `item_of` read the usual names; a connector of your
own may read others. What they do not know is kept in `data`, where conditions of rules find it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from antiphon.core.names import Facts


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendAddress:
    """One way to reach a contact."""

    channel: str  # chat, email, whatsapp, voice, sms, or one of your own
    address: str
    preferred: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendContact:
    """A person as the business knows them."""

    id: str  # the business's own id, such as D001
    name: str
    addresses: tuple[BackendAddress, ...] = ()
    role: str | None = None
    organization: str | None = None
    tags: tuple[str, ...] = ()
    data: Facts = field(default_factory=dict)  # everything else that was told


@dataclass(frozen=True, kw_only=True, slots=True)
class PendingItem:
    """Something that waits for somebody: an unpaid invoice, an order on its way."""

    id: str  # such as FU001
    contact_id: str
    entity_type: str | None = None  # invoice, order, shipment
    entity_id: str | None = None  # such as INV-2024-1234
    status: str | None = None  # in the business's words
    days_overdue: float | None = None
    amount: float | None = None  # in `currency`
    currency: str | None = None
    data: Facts = field(default_factory=dict)  # all of it as it was told, with the names above filled in

    def facts(self) -> dict[str, Any]:
        """What rules are evaluated on: what was told as it was told, with our names where it has none."""
        known = {
            "id": self.id,
            "contact_id": self.contact_id,
            "entity_type": self.entity_type,
            "entity_id": self.entity_id,
            "status": self.status,
            "days_overdue": self.days_overdue,
            "amount": self.amount,
            "currency": self.currency,
        }
        missing = (name for name, value in known.items() if value is not None and self.data.get(name) is None)
        return {**self.data, **{name: known[name] for name in missing}}


_CONTACT_ID = ("id", "contact_id", "external_id")
_NAME = ("name", "full_name", "display_name")
_ORGANIZATION = ("organization", "organisation", "company")
_CHANNELS = {  # a field that is itself an address
    "email": "email",
    "phone": "voice",
    "mobile": "sms",
    "whatsapp": "whatsapp",
    "whatsapp_number": "whatsapp",
}
_ENTITIES = {"invoice_id": "invoice", "order_id": "order", "shipment_id": "shipment"}


def contact_of(raw: Facts) -> BackendContact:
    """A contact from what a backend told.

    Addresses stand in `channels` or `addresses`, as a list of `{channel, address, preferred}`, or in `email`,
    `phone`, `mobile` and `whatsapp`.

    Raises:
        ValueError: it has no id.
    """
    contact_id = _first(raw, _CONTACT_ID)
    if contact_id is None:
        raise ValueError(f"a contact has none of the fields {', '.join(_CONTACT_ID)}")
    read = {*_CONTACT_ID, *_NAME, *_ORGANIZATION, *_CHANNELS, "channels", "addresses", "role", "tags"}
    return BackendContact(
        id=contact_id,
        name=_first(raw, _NAME) or contact_id,
        addresses=tuple(dict.fromkeys(_addresses(raw))),
        role=_text(raw.get("role")),
        organization=_first(raw, _ORGANIZATION),
        tags=tuple(tag for one in _list(raw.get("tags")) if (tag := _text(one))),
        data={name: value for name, value in raw.items() if name not in read},
    )


def item_of(raw: Facts) -> PendingItem:
    """A pending item from what a backend told.

    What it is about stands in `entity_type` and `entity_id`, or in `invoice_id`, `order_id` or `shipment_id`.

    Raises:
        ValueError: it has no id, or does not say whom it concerns.
    """
    item_id, contact_id = _first(raw, ("id", "followup_id")), _first(raw, ("contact_id", "customer_id"))
    if item_id is None:
        raise ValueError("an item has no field id")
    if contact_id is None:
        raise ValueError(f"the item {item_id[:64]} has no field contact_id")
    entity_type, entity_id = _text(raw.get("entity_type")), _text(raw.get("entity_id"))
    if entity_id is None:
        named = ((kind, _text(raw.get(name))) for name, kind in _ENTITIES.items())
        kind, entity_id = next(((kind, found) for kind, found in named if found), (None, None))
        entity_type = entity_type or kind
    amount = number(raw.get("amount"))
    return PendingItem(
        id=item_id,
        contact_id=contact_id,
        entity_type=entity_type,
        entity_id=entity_id,
        status=_text(raw.get("status")),
        days_overdue=number(raw.get("days_overdue")),
        amount=number(raw.get("order_value")) if amount is None else amount,
        currency=_text(raw.get("currency")),
        data=dict(raw),
    )


def number(value: Any) -> float | None:
    """A number, or a text that is one; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def _addresses(raw: Facts) -> Iterator[BackendAddress]:
    for one in (*_list(raw.get("channels")), *_list(raw.get("addresses"))):
        if isinstance(one, dict) and (channel := _text(one.get("channel"))) and (where := _text(one.get("address"))):
            yield BackendAddress(channel=channel, address=where, preferred=one.get("preferred") is True)
    for name, channel in _CHANNELS.items():
        if where := _text(raw.get(name)):
            yield BackendAddress(channel=channel, address=where)


def _first(raw: Facts, names: Iterable[str]) -> str | None:
    return next((found for name in names if (found := _text(raw.get(name)))), None)


def _text(value: Any) -> str | None:
    """A text that says something, from a text or a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
