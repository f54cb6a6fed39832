"""Tokens of web chat: `{until}.{signature}`, for one contact and a time.

`until` is in seconds since 1970; the signature is the URL-safe base64, without padding, of the HMAC-SHA256 under the
secret of the text `antiphon chat`, the contact's id and `until`, one to a line. Any language makes one in three lines.
"""

import base64
import hmac
from collections.abc import Sequence

from antiphon.core.names import Moment


def make_token(secret: str, contact_id: str, until: Moment) -> str:
    """A token for a contact, valid until then."""
    ends = str(int(until.timestamp()))
    return f"{ends}.{_signature(secret, contact_id, ends)}"


def admits(secrets: Sequence[str], token: str | None, contact_id: str, now: Moment) -> bool:
    """Whether a token is the contact's, signed with one of the secrets and not expired; without secrets, always."""
    if not secrets:
        return True
    ends, _, signature = (token or "").partition(".")
    given = signature.encode(errors="backslashreplace")
    fits = [hmac.compare_digest(given, _signature(secret, contact_id, ends).encode()) for secret in secrets]
    return any(fits) and ends.isascii() and ends.isdigit() and len(ends) <= 15 and int(ends) > now.timestamp()


def _signature(secret: str, contact_id: str, ends: str) -> str:
    text = f"antiphon chat\n{contact_id}\n{ends}".encode(errors="backslashreplace")
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), text, "sha256")).decode().rstrip("=")
