"""The payloads of this folder, in the shapes that Meta documents, and their signatures."""

import json
from pathlib import Path
from typing import Any

from antiphon.channels.whatsapp.verify import signature

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "app-secret"
NUMBER_ID = "106540352242922"
PHONE = "16505551234"
USER_ID = "US.13491208655302741918"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))


def recorded(name: str) -> bytes:
    """The bytes of one."""
    return (PAYLOADS / f"{name}.json").read_bytes()


def value_of(name: str) -> dict[str, Any]:
    """One, to be changed."""
    value: dict[str, Any] = json.loads(recorded(name))
    return value


def message_in(value: dict[str, Any]) -> dict[str, Any]:
    """Its first message."""
    found: dict[str, Any] = value["entry"][0]["changes"][0]["value"]["messages"][0]
    return found


def text_of(text: str, *, message_id: str, phone: str = PHONE, user_id: str | None = None) -> bytes:
    """A webhook in which somebody writes a text."""
    value = value_of("text")
    message = message_in(value)
    message |= {"id": message_id, "from": phone, "text": {"body": text}}
    contact = value["entry"][0]["changes"][0]["value"]["contacts"][0]
    contact["wa_id"] = phone
    for one, name in ((message, "from_user_id"), (contact, "user_id")):
        if user_id:
            one[name] = user_id
        else:
            del one[name]
    return json.dumps(value).encode()


def headers(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Those that Meta sends with a body."""
    return {"X-Hub-Signature-256": signature(secret, body), "Content-Type": "application/json"}
