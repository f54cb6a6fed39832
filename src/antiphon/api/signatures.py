"""Signatures of what comes in, by Standard Webhooks: nobody else has written this body, and not long ago."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hmac import compare_digest

from standardwebhooks import Webhook

from antiphon.core.errors import SignatureRefused
from antiphon.core.names import Moment
from antiphon.core.signing import TOLERANCE_SECONDS

ID, TIMESTAMP, SIGNATURE = HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
VERSION = "v1,"  # a signature of another version is none that we know
SIGNATURE_BYTES = 32  # of HMAC-SHA256
MOST_SIGNATURES = 16  # that are looked at; nobody rotates so many secrets
_ID = re.compile(r"[\x21-\x7e]{1,256}")
_SECONDS = re.compile(r"[0-9]{1,12}")


def _now() -> Moment:
    return datetime.now(UTC)


class Signatures:
    """Checks bodies against secrets. Any of the secrets may have signed, so that they can be rotated."""

    def __init__(self, secrets: Sequence[str], *, now: Callable[[], Moment] = _now) -> None:
        self._signers = [Webhook(secret) for secret in secrets]
        self._now = now

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Nothing, when one of the secrets has signed this body within the last five minutes. Names of headers in any
        case, as frameworks have them, or in lower case.

        Raises:
            SignatureRefused: it is missing, malformed, too old, too new, or does not match; the message says which.
        """
        name, at, given = _read(headers)
        self._check_time(at)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise SignatureRefused(reason="it does not match: the body is no UTF-8") from None
        # Everything is compared, so that the time says nothing of what came near.
        wanted = [base64.b64decode(signer.sign(name, at, text).removeprefix(VERSION)) for signer in self._signers]
        if not sum(compare_digest(one, other) for one in wanted for other in given):
            raise SignatureRefused(reason="it does not match this body")

    def _check_time(self, at: Moment) -> None:
        age = (self._now() - at).total_seconds()
        if age > TOLERANCE_SECONDS:
            raise SignatureRefused(reason=f"it is too old; {TOLERANCE_SECONDS // 60} minutes are allowed")
        if age < -TOLERANCE_SECONDS:
            raise SignatureRefused(reason=f"it is too new; {TOLERANCE_SECONDS // 60} minutes are allowed")


def _read(headers: Mapping[str, str]) -> tuple[str, Moment, list[bytes]]:
    """Id, time and signatures."""
    missing = [name for name in HEADERS if not headers.get(name)]
    if missing:
        raise SignatureRefused(reason=f"{', '.join(missing)} missing")
    if not _ID.fullmatch(headers[ID]):
        raise _malformed(ID)
    if not _SECONDS.fullmatch(headers[TIMESTAMP]):
        raise _malformed(TIMESTAMP)
    try:
        at = datetime.fromtimestamp(int(headers[TIMESTAMP]), UTC)
    except (ValueError, OverflowError, OSError):  # a year after 9999
        raise _malformed(TIMESTAMP) from None
    given = headers[SIGNATURE].split()[:MOST_SIGNATURES]
    known = [_decoded(one.removeprefix(VERSION)) for one in given if one.startswith(VERSION)]
    usable = [one for one in known if len(one) == SIGNATURE_BYTES]
    if not usable:
        raise _malformed(SIGNATURE)
    return headers[ID], at, usable


def _decoded(signature: str) -> bytes:
    """A signature's bytes; none of it when it is no base64."""
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _malformed(name: str) -> SignatureRefused:
    return SignatureRefused(reason=f"{name} is malformed")
