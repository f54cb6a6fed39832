"""Whether a webhook was called by whom it should be: signatures over raw bytes, and secrets in the address."""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from antiphon.channels.email.failures import MailUntrusted
from antiphon.channels.email.form import form_of
from antiphon.channels.email.settings import EmailSettings
from antiphon.core.names import Moment

if TYPE_CHECKING:
    from antiphon.channels.email.ecdsa import PublicKey

SENDGRID_SIGNATURE = "x-twilio-email-event-webhook-signature"
SENDGRID_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
TOLERANCE_SECONDS = 15 * 60  # that a signature may be old or early
TOKEN_HEADER = "x-webhook-token"  # noqa: S105 - a name

_SECONDS = re.compile(r"\d{1,12}")


class Verifier:
    """Asks for what the settings name.

    Raises, when it is made:
        SettingUnusable: the public key is none.
    """

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._sendgrid: PublicKey | None = None
        if settings.sendgrid_public_key:
            from antiphon.channels.email.ecdsa import public_key  # noqa: PLC0415 - slow to load; few need it

            self._sendgrid = public_key(settings.sendgrid_public_key)

    def check(self, provider: str, *, headers: Mapping[str, str], token: str | None, body: bytes, now: Moment) -> None:
        """Nothing, when the call is good.

        Args:
            headers: by name in small letters.
            token: what stands in the address, `?token=`, if anything.

        Raises:
            MailUntrusted: it is not, or the provider was never set up here.
            MailUnreadable: it holds nothing that could be checked.
        """
        match provider:
            case "sendgrid" if self._sendgrid:
                self._check_sendgrid(self._sendgrid, headers, body, now)
            case "mailgun":
                self._check_mailgun(headers, body, now)
            case "postmark":
                self._check_token(self._settings.postmark_token, headers, token, needed=True)
            case _:
                self._check_token(self._settings.webhook_token, headers, token, needed=False)

    def _check_sendgrid(self, key: "PublicKey", headers: Mapping[str, str], body: bytes, now: Moment) -> None:
        """ECDSA over the time and the raw body (SendGrid's signature verification)."""
        timestamp = headers.get(SENDGRID_TIMESTAMP, "")
        _check_time(timestamp, now)
        try:
            signature = base64.b64decode(headers.get(SENDGRID_SIGNATURE, ""), validate=True)
        except (binascii.Error, ValueError):
            raise MailUntrusted(reason="it is no base64") from None
        if not key.has_signed(timestamp.encode() + body, signature):
            raise MailUntrusted(reason="it does not match this body")

    def _check_mailgun(self, headers: Mapping[str, str], body: bytes, now: Moment) -> None:
        """HMAC-SHA256 of the time and a token, in the form itself."""
        if not self._settings.mailgun_key:
            raise MailUntrusted(reason="EMAIL_MAILGUN_SIGNING_KEY is not set, so nobody can be believed")
        form = form_of(body, headers.get("content-type", ""))
        timestamp = form.get("timestamp")
        said = (timestamp + form.get("token")).encode()
        wanted = hmac.new(self._settings.mailgun_key.encode(), said, "sha256").hexdigest()
        if not hmac.compare_digest(wanted.encode(), form.get("signature").lower().encode()):
            raise MailUntrusted(reason="it does not match")
        _check_time(timestamp, now)

    def _check_token(self, secret: str, headers: Mapping[str, str], token: str | None, *, needed: bool) -> None:
        """A secret in the address: the password of https://user:password@host, `?token=`, or a header."""
        if not secret:
            if needed:
                raise MailUntrusted(reason="EMAIL_POSTMARK_TOKEN is not set, so nobody can be believed")
            return
        given = (token or "", headers.get(TOKEN_HEADER, ""), _password(headers.get("authorization", "")))
        if not any(hmac.compare_digest(one.encode("utf-8", "replace"), secret.encode()) for one in given):
            raise MailUntrusted(reason="the token is missing or wrong")


def _password(authorization: str) -> str:
    """The password of Basic, or the token of Bearer."""
    scheme, _, said = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return said.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(said.strip(), validate=True).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _check_time(timestamp: str, now: Moment) -> None:
    if not _SECONDS.fullmatch(timestamp):
        raise MailUntrusted(reason="its time is missing or malformed")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise MailUntrusted(reason=f"its time is more than {TOLERANCE_SECONDS // 60} minutes off")
