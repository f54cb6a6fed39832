"""Who may call: Meta's signature of a body, and the word that a subscription is confirmed with."""

import hashlib
from hmac import compare_digest, digest

HEADER = "X-Hub-Signature-256"
SCHEME = "sha256="


def signature(secret: str, body: bytes) -> str:
    """What the header holds when Meta sends a body."""
    return SCHEME + digest(secret.encode(), body, hashlib.sha256).hex()


def is_signed(secret: str, body: bytes, given: str | None) -> bool:
    """Whether these very bytes were signed with the secret. Without a secret nothing is."""
    if not secret or not given:
        return False
    return compare_digest(signature(secret, body).encode(), given.encode("utf-8", "replace"))


def is_subscription(token: str, mode: str | None, given: str | None) -> bool:
    """Whether somebody who knows our word asks to subscribe. Without a word nobody does."""
    if not token or mode != "subscribe" or not given:
        return False
    return compare_digest(token.encode(), given.encode("utf-8", "replace"))
