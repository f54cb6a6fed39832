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
    place = f"{sequence}|{kind}|{at.astimezone(UTC).isoformat()}|".encode()
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


def _payload_holds(event: SealedEvent) -> bool:
    """Whether the payload is what was sealed; one that was erased cannot be asked."""
    if event.payload is None or event.key is None:
        return True
    return hmac.compare_digest(_digest(event.key, event.payload), event.digest)


def verify(events: Iterable[SealedEvent], head: bytes) -> Break | None:
    """The first break of a whole chain, or None. `head` is the hash that the conversation remembers."""
    last, expected = FIRST_HEAD, 1
    for event in events:
        if event.sequence != expected:
            return Break(sequence=expected, reason=f"event {expected} is missing")
        if (event.payload is None) != (event.key is None):
            return Break(sequence=expected, reason="the payload was removed without its key, or the other way")
        if not _payload_holds(event):
            return Break(sequence=expected, reason="the payload was changed")
        if _link(last, expected, event.kind, event.at, event.digest) != event.hash:
            return Break(sequence=expected, reason="the event does not follow from the one before it")
        last, expected = event.hash, expected + 1
    if last != head:
        return Break(sequence=expected, reason="the log ends elsewhere than the conversation remembers")
    return None
