"""From a frame of a browser to what it says. Text that is no JSON object is a message (CV.20)."""

from typing import Any, TypeGuard

import orjson

from antiphon.core import chat

MAX_CHARS = 5000  # of a message, as everywhere
ID_CHARS = 128
STATUS_CHARS = 32


def parse(text: str) -> chat.Frame:
    """What a frame says; what cannot be used is said to be so."""
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _said(text, None)
    if not isinstance(told, dict):
        return _said(text, None)  # somebody typed 42
    return _parsed(told)


def _parsed(told: dict[str, Any]) -> chat.Frame:
    match told.get("type", "message" if "content" in told else None):
        case "message":
            return _message(told)
        case "heartbeat":
            return chat.Heartbeat()
        case "pong":
            return chat.Pong()
        case "ack":
            name = told.get("message_id")
            return chat.Acknowledged(message_id=name) if _is_id(name) else chat.Unusable(reason="message_id is no id")
        case "typing":
            typing = told.get("is_typing")
            if not isinstance(typing, bool):
                return chat.Unusable(reason="is_typing is neither true nor false")
            return chat.Typing(is_typing=typing)
        case "presence":
            status = told.get("status")
            if not isinstance(status, str) or not 0 < len(status) <= STATUS_CHARS:
                return chat.Unusable(reason="status is no status")
            return chat.Present(status=status)
        case _:
            return chat.Unusable(reason="type is none of message, typing, heartbeat, pong, ack, presence")


def _message(told: dict[str, Any]) -> chat.Frame:
    name, content = told.get("message_id"), told.get("content")
    if name is not None and not _is_id(name):
        return chat.Unusable(reason="message_id is no id")
    if not isinstance(content, str):
        return chat.Unusable(reason="content is no text", message_id=name)
    return _said(content, name)


def _said(content: str, name: str | None) -> chat.Frame:
    if not content.strip():
        return chat.Unusable(reason="content is blank", message_id=name)
    if len(content) > MAX_CHARS:
        return chat.Unusable(reason=f"content has more than {MAX_CHARS} characters", message_id=name)
    if "\0" in content:
        return chat.Unusable(reason="content has NUL characters", message_id=name)
    return chat.Said(content=content, message_id=name)


def _is_id(name: object) -> TypeGuard[str]:
    return isinstance(name, str) and 0 < len(name) <= ID_CHARS and name.isprintable()
