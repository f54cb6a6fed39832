"""A webhook's bytes as typed values. Whatever is not as expected is passed over; what is there else still counts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import orjson

from antiphon.channels.whatsapp.inbound import Aside, Inbound, Parsed, Receipt, Status
from antiphon.channels.whatsapp.kinds import said_by
from antiphon.channels.whatsapp.reading import (
    id_in,
    line_in,
    moment_in,
    number_in,
    object_in,
    objects_in,
)
from antiphon.core.errors import WebhookUnreadable

ECHOES = "smb_message_echoes"  # the field under which messages of the business's own phone come
_STATUSES = frozenset(get_args(Status))
_ADDRESS = re.compile(r"[A-Za-z0-9+@_][A-Za-z0-9+@_:.\-]{0,127}")  # as ids of people are everywhere


def parse(body: bytes) -> Parsed:
    """All that a webhook brings.

    Raises:
        WebhookUnreadable: the body is no JSON object.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise WebhookUnreadable(reason=f"it is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise WebhookUnreadable(reason="it is no JSON object")
    found = [
        one for entry in objects_in(value, "entry") for change in objects_in(entry, "changes") for one in _of(change)
    ]
    return Parsed(
        messages=tuple(one for one in found if isinstance(one, Inbound)),
        receipts=tuple(one for one in found if isinstance(one, Receipt)),
        asides=tuple(one for one in found if isinstance(one, Aside)),
    )


def receipts(parsed: Parsed) -> tuple[Receipt, ...]:
    """What became of messages of ours."""
    return parsed.receipts


def _of(change: Mapping[str, Any]) -> Iterator[Inbound | Receipt | Aside]:
    value = object_in(change, "value")
    profiles = list(objects_in(value, "contacts"))
    number_id = id_in(object_in(value, "metadata"), "phone_number_id")
    for message in objects_in(value, "messages"):
        yield _message(message, profiles, number_id)
    for status in objects_in(value, "statuses"):
        if receipt := _receipt(status):
            yield receipt
    if change.get("field") == ECHOES:
        for echo in objects_in(value, "message_echoes"):
            yield Aside(kind="echo", message_id=id_in(echo, "id"))


def _message(message: Mapping[str, Any], profiles: list[dict[str, Any]], number_id: str | None) -> Inbound | Aside:
    """A message that somebody has to answer, or that it is none."""
    message_id, kind = id_in(message, "id"), line_in(message, "type") or "unsupported"
    profile = _profile_of(message, profiles)
    user_id = _address(message, "from_user_id") or _address(profile, "user_id")
    address = _address(message, "from") or user_id
    said = said_by(kind, message)
    if message_id is None or address is None or said is None:
        return Aside(kind=kind, message_id=message_id)
    return Inbound(
        message_id=message_id,
        address=address,
        user_id=user_id,
        name=line_in(object_in(profile, "profile"), "name") or None,
        number_id=number_id if number_id and number_id.isascii() and number_id.isalnum() else None,
        kind=kind,
        said=said,
        sent_at=moment_in(message, "timestamp"),
        quotes=id_in(object_in(message, "context"), "id"),
    )


def _profile_of(message: Mapping[str, Any], profiles: list[dict[str, Any]]) -> dict[str, Any]:
    """Who sent it, as the webhook introduces them: by number or user id, or because they are the only one."""
    for profile in profiles:
        for ours, theirs in (("from", "wa_id"), ("from_user_id", "user_id")):
            if message.get(ours) is not None and message.get(ours) == profile.get(theirs):
                return profile
    named = message.get("from") is not None or message.get("from_user_id") is not None
    return profiles[0] if len(profiles) == 1 and not named else {}


def _address(value: Mapping[str, Any], name: str) -> str | None:
    found = id_in(value, name)
    return found if found and _ADDRESS.fullmatch(found) and ".." not in found else None


def _receipt(status: Mapping[str, Any]) -> Receipt | None:
    message_id, said = id_in(status, "id"), line_in(status, "status")
    if message_id is None or said not in _STATUSES:
        return None
    codes = (number_in(error, "code") for error in objects_in(status, "errors"))
    return Receipt(
        message_id=message_id,
        status=said,  # type: ignore[arg-type]  # it is one of them
        recipient=id_in(status, "recipient_id") or id_in(status, "recipient_user_id"),
        at=moment_in(status, "timestamp"),
        key=id_in(status, "biz_opaque_callback_data"),
        codes=tuple(int(code) for code in codes if code is not None),
    )
