"""Each kind of message as words that a turn can work with. What a person did not say in words stands in brackets."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from antiphon.channels.whatsapp.inbound import MediaRef, Said
from antiphon.channels.whatsapp.reading import (
    MAX_TEXT_CHARS,
    id_in,
    line_in,
    number_in,
    object_in,
    objects_in,
    text_in,
)

Reader: TypeAlias = Callable[[Mapping[str, Any]], Said | None]  # None: it says nothing

MAX_CONTACTS = 5  # of a message that are named
MAX_ITEMS = 10  # of an order that are named


def said_by(kind: str, message: Mapping[str, Any]) -> Said | None:
    """What a message says; None when its kind says nothing, or what should be there is not."""
    reader = READERS.get(kind)
    said = reader(message) if reader else None
    return said if said and said.text else None


def _text(message: Mapping[str, Any]) -> Said:
    return Said(text=text_in(object_in(message, "text"), "body"))


def _interactive(message: Mapping[str, Any]) -> Said | None:
    """A button or a row of ours that was pressed, or a form that was sent back."""
    interactive = object_in(message, "interactive")
    for kind in ("button_reply", "list_reply"):
        if pressed := object_in(interactive, kind):
            return Said(text=line_in(pressed, "title") or line_in(pressed, "id"), choice_id=id_in(pressed, "id"))
    if form := object_in(interactive, "nfm_reply"):
        return Said(text=f"[form] {text_in(form, 'body')}".strip())
    return None


def _button(message: Mapping[str, Any]) -> Said:
    """A quick reply below a template."""
    button = object_in(message, "button")
    return Said(text=line_in(button, "text") or line_in(button, "payload"), choice_id=id_in(button, "payload"))


def _media(kind: str) -> Reader:
    def read(message: Mapping[str, Any]) -> Said | None:
        found = object_in(message, kind)
        media_id = id_in(found, "id")
        if media_id is None:
            return None
        name = line_in(found, "filename")
        media = MediaRef(
            kind=kind,
            id=media_id,
            mime_type=line_in(found, "mime_type") or None,
            sha256=id_in(found, "sha256"),
            filename=name or None,
        )
        return Said(text=text_in(found, "caption") or (f"[{kind}: {name}]" if name else f"[{kind}]"), media=media)

    return read


def _location(message: Mapping[str, Any]) -> Said | None:
    found = object_in(message, "location")
    latitude, longitude = number_in(found, "latitude"), number_in(found, "longitude")
    if latitude is None or longitude is None:
        return None
    place = ", ".join(part for part in (line_in(found, "name"), line_in(found, "address")) if part)
    return Said(text=f"[location: {place} ({latitude:g}, {longitude:g})]".replace(":  (", ": ("))


def _contacts(message: Mapping[str, Any]) -> Said | None:
    cards = [_card(card) for card in objects_in(message, "contacts")][:MAX_CONTACTS]
    named = "; ".join(card for card in cards if card)
    return Said(text=f"[contact: {named}]") if named else None


def _card(card: Mapping[str, Any]) -> str:
    name = line_in(object_in(card, "name"), "formatted_name")
    phones = [line_in(phone, "phone") for phone in objects_in(card, "phones")]
    mails = [line_in(mail, "email") for mail in objects_in(card, "emails")]
    return " ".join(part for part in (name, *phones[:1], *mails[:1]) if part)


def _order(message: Mapping[str, Any]) -> Said | None:
    """What was put into the basket of a catalogue."""
    order = object_in(message, "order")
    items = [_item(item) for item in objects_in(order, "product_items")][:MAX_ITEMS]
    named = ", ".join(item for item in items if item)
    said = " ".join(part for part in (f"[order: {named}]" if named else "", text_in(order, "text")) if part)
    return Said(text=said[:MAX_TEXT_CHARS])


def _item(item: Mapping[str, Any]) -> str:
    name, quantity = line_in(item, "product_retailer_id"), number_in(item, "quantity")
    return f"{quantity or 1:g} x {name}" if name else ""


READERS: Mapping[str, Reader] = {
    "text": _text,
    "interactive": _interactive,
    "button": _button,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    **{kind: _media(kind) for kind in ("image", "document", "audio", "video", "sticker")},
}
