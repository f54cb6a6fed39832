"""What a log holds for somebody on chat, and how much of it has waited."""

from collections.abc import Sequence
from dataclasses import dataclass

from antiphon.core.chain import SealedEvent
from antiphon.core.chat import QUEUED
from antiphon.core.event import MessageReceived, MessageSent, decode
from antiphon.core.names import Moment

WINDOW = 1000  # events at the end of a log in which messages wait: some 200 turns; a constant, so that a look is one

_SENT, _RECEIVED = "message_sent", "message_received"


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A message for the person."""

    sequence: int  # its place in the log
    at: Moment  # when it was said
    text: str


def spoken(event: SealedEvent, channel: str) -> str | None:
    """What the event says to the person on that channel; None for all else, and for what was erased."""
    if event.kind != _SENT or event.payload is None:
        return None
    sent = decode(event.kind, event.payload)
    return sent.text if isinstance(sent, MessageSent) and sent.channel == channel else None


def waiting(events: Sequence[SealedEvent], channel: str) -> list[Waiting]:
    """The latest messages that the person may not have seen: those after their own latest one on that channel."""
    found: list[Waiting] = []
    for event in reversed(events):
        if len(found) == QUEUED or _is_own(event, channel):
            break
        if (text := spoken(event, channel)) is not None:
            found.append(Waiting(sequence=event.sequence, at=event.at, text=text))
    return found[::-1]


def _is_own(event: SealedEvent, channel: str) -> bool:
    if event.kind != _RECEIVED or event.payload is None:
        return False
    received = decode(event.kind, event.payload)
    return isinstance(received, MessageReceived) and received.channel == channel
