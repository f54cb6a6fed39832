"""The hash chain of a conversation's events.

An event's digest is an HMAC of its payload under a random key of its own, and its hash covers the digest and the
hash before it. Erasing removes payload and key: nothing can be guessed back from the digest, and the chain
still verifies.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC

from antiphon.core.names import Moment, Sequence

FIRST_HEAD = bytes(32)  # the hash before the first event
EVENT_KEY_BYTES = 32

ENDS_ELSEWHERE = "the log ends elsewhere than the conversation remembers"


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedEvent:
    """An event as it is stored."""

    sequence: Sequence
    kind: str
    at: Moment
    payload: bytes | None  # JSON; None once erased
    key: bytes | None  # of the HMAC; None once erased
    digest: bytes  # HMAC-SHA256 of the payload
    hash: bytes  # SHA-256 over the hash before, position, kind, time and digest


def _digest(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")


def _link(head: bytes, sequence: Sequence, kind: str, at: Moment, digest: bytes) -> bytes:
    # A kind that a damaged store gives back need not be text; its bytes are hashed as they are.
    place = f"{sequence}|{kind}|{at.astimezone(UTC).isoformat()}|".encode("utf-8", "surrogateescape")
    return hashlib.sha256(head + place + digest).digest()


def seal(head: bytes, sequence: Sequence, kind: str, at: Moment, payload: bytes, key: bytes) -> SealedEvent:
    """An event bound to all events before it. `head` is the hash of the one before."""
    digest = _digest(key, payload)
    return SealedEvent(
        sequence=sequence,
        kind=kind,
        at=at,
        payload=payload,
        key=key,
        digest=digest,
        hash=_link(head, sequence, kind, at, digest),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """The first place where a chain does not hold."""

    sequence: Sequence
    reason: str
    kind: str | None = None  # of the event that stands there; None when there is none


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A place in a chain up to which it holds."""

    sequence: Sequence = 0  # of the latest event that holds
    head: bytes = FIRST_HEAD  # its hash


BEGINNING = Link()


def _payload_holds(event: SealedEvent) -> bool:
    """Whether the payload is what was sealed; one that was erased cannot be asked."""
    if event.payload is None or event.key is None:
        return True
    return hmac.compare_digest(_digest(event.key, event.payload), event.digest)


def advance(events: Iterable[SealedEvent], link: Link = BEGINNING) -> Link | Break:
    """How far a chain holds after these events, which follow `link`; or where it breaks first.

    A long chain is checked page by page: each page goes on where the one before it ended.
    """
    for event in events:
        expected = link.sequence + 1
        if event.sequence != expected:
            return Break(sequence=expected, reason=f"event {expected} is missing")
        if reason := _fault(event, link.head):
            return Break(sequence=expected, kind=event.kind, reason=reason)
        link = Link(sequence=expected, head=event.hash)
    return link


def verify(events: Iterable[SealedEvent], head: bytes) -> Break | None:
    """The first break of a whole chain, or None. `head` is the hash that the conversation remembers."""
    end = advance(events)
    if isinstance(end, Break):
        return end
    if end.head != head:
        return Break(sequence=end.sequence + 1, reason=ENDS_ELSEWHERE)
    return None


def _fault(event: SealedEvent, head: bytes) -> str | None:
    """What is wrong with an event that stands in its place, or None. `head` is the hash of the one before."""
    if (event.payload is None) != (event.key is None):
        return "the payload was removed without its key, or the other way"
    if not _payload_holds(event):
        return "the payload was changed"
    if _link(head, event.sequence, event.kind, event.at, event.digest) != event.hash:
        return "the event does not follow from the one before it"
    return None
