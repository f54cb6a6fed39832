"""Web chat: what people's browsers say, how messages are named, and which topics tell of them (CV.20)."""

from dataclasses import dataclass
from typing import TypeAlias

from antiphon.core.names import ConversationId

QUEUED = 100  # messages that wait for somebody who is not there; older ones stay in the transcript


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """Something that the person wrote."""

    content: str
    message_id: str | None = None  # of the browser; the same at each attempt to send it


@dataclass(frozen=True, kw_only=True, slots=True)
class Typing:
    """The person began or stopped to type."""

    is_typing: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Heartbeat:
    """The browser asks whether we are there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pong:
    """The browser is there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Acknowledged:
    """The person has got everything up to this message."""

    message_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """How much the person is there, in the browser's own word."""

    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unusable:
    """A frame that says nothing we understand."""

    reason: str
    message_id: str | None = None  # of the message that it was to be


Frame: TypeAlias = Said | Typing | Heartbeat | Pong | Acknowledged | Present | Unusable


def message_name(conversation_id: ConversationId, sequence: int) -> str:
    """The id under which a browser knows a message of ours: where it stands in the log."""
    return f"{conversation_id}.{sequence}"


def place_of(name: str, conversation_id: ConversationId) -> int:
    """The place of a message in the log of a conversation; 0 when the id is none of that conversation's."""
    of, _, place = name.rpartition(".")
    usable = of == conversation_id and place.isascii() and place.isdigit() and len(place) <= 15  # fits any store
    return int(place) if usable else 0


def at_address(address: str) -> str:
    """The topic of somebody's chat address: who connects there, and that somebody is written to."""
    return f"chat:at:{address}"


def within(conversation_id: ConversationId) -> str:
    """The topic of a conversation: something was said in it."""
    return f"chat:in:{conversation_id}"
