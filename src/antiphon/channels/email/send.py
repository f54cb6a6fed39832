"""How a mail leaves: over SMTP, or by SendGrid's HTTP API. Each says what became of it as far as anybody can tell."""

import ssl
from collections.abc import Mapping
from typing import Protocol

import aiosmtplib
import httpx

from antiphon.channels.email.compose import Letter, mime_of
from antiphon.channels.email.settings import EmailSettings
from antiphon.ports import Clock, Delivery, Policy

_UNSURE = "the connection was lost before the server said whether it took the mail"
_CODES: Mapping[int, tuple[str, Policy]] = {  # https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors
    401: ("the key is not valid", "park"),
    403: ("the key may not send mail, or the sender is not verified", "park"),
    413: ("the mail is too large", "stop"),
    429: ("too many requests; it can be sent later", "retry"),
}


class Sender(Protocol):
    """A way for a mail to leave."""

    async def send(self, letter: Letter) -> Delivery:
        """Try once."""
        ...


class SmtpSender:
    """A mail server. The connection is made for each mail: providers close idle ones, and then nobody knows."""

    def __init__(self, settings: EmailSettings, clock: Clock, tls: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._tls = tls

    async def send(self, letter: Letter) -> Delivery:
        """See `Sender`. Up to the last word nothing is taken; after it, only the server's answer counts."""
        raw = mime_of(letter, self._clock.now()).as_bytes()
        client = self._client()
        try:
            await client.connect()
            if self._settings.smtp_username:
                await client.login(self._settings.smtp_username, self._settings.smtp_password)
            await client.mail(letter.sender)
            await client.rcpt(letter.to)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            return _failed(error)
        return await self._hand_over(client, letter, raw)

    async def _hand_over(self, client: aiosmtplib.SMTP, letter: Letter, raw: bytes) -> Delivery:
        try:
            await client.data(raw)
        except aiosmtplib.SMTPResponseException as error:
            if error.code < 0:  # no answer of the server's: the library's own word for a lost connection
                return Delivery(status="unknown", provider_id=letter.message_id, reason=_UNSURE)
            return _failed(error)
        except (aiosmtplib.SMTPException, OSError):
            return Delivery(status="unknown", provider_id=letter.message_id, reason=_UNSURE)
        finally:
            client.close()  # politely or not: the mail is taken, or it is not
        return Delivery(status="sent", provider_id=letter.message_id)

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        return aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            tls_context=self._tls if settings.smtp_security != "none" else None,
            timeout=settings.timeout_seconds,
        )


class SendGridSender:
    """SendGrid's Mail Send."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client = client
        self._access = {"Authorization": f"Bearer {key}"}

    async def send(self, letter: Letter) -> Delivery:
        """See `Sender`."""
        try:
            answer = await self._client.post("/v3/mail/send", json=_json_of(letter), headers=self._access)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            return Delivery(status="failed", reason=f"SendGrid cannot be reached: {type(error).__name__}")
        except httpx.HTTPError as error:
            return Delivery(status="unknown", provider_id=letter.message_id, reason=f"SendGrid: {type(error).__name__}")
        if answer.status_code in (200, 202):
            return Delivery(status="queued", provider_id=answer.headers.get("X-Message-Id") or letter.message_id)
        if answer.status_code >= 500:
            reason = f"SendGrid {answer.status_code}: it broke, and may have taken the mail"
            return Delivery(status="unknown", provider_id=letter.message_id, reason=reason)
        reason, policy = _CODES.get(answer.status_code, ("it refused the mail", "stop"))
        return Delivery(
            status="failed",
            reason=f"SendGrid {answer.status_code}: {reason}",
            policy=policy,
            retry_after=_seconds(answer.headers.get("Retry-After", "")),
        )


def _json_of(letter: Letter) -> dict[str, object]:
    return {
        "personalizations": [{"to": [{"email": letter.to}]}],
        "from": {"email": letter.sender, **({"name": letter.sender_name} if letter.sender_name else {})},
        **({"reply_to": {"email": letter.reply_to}} if letter.reply_to else {}),
        "subject": letter.subject,
        "content": [
            {"type": "text/plain", "value": letter.text or " "},
            {"type": "text/html", "value": letter.html},
        ],
        "headers": {"Message-ID": letter.message_id, **letter.headers},
        "custom_args": {"message_id": letter.message_id},
    }


def _seconds(text: str) -> float | None:
    return float(text) if text.isdecimal() and len(text) < 6 else None


def _failed(error: Exception) -> Delivery:
    """What is to be done: a refusal for good is not repeated, and whatever is wrong with our own access is parked."""
    policy: Policy = "retry"
    match error:
        case aiosmtplib.SMTPAuthenticationError() | aiosmtplib.SMTPSenderRefused() | ssl.SSLCertVerificationError():
            policy = "park"
        case aiosmtplib.SMTPResponseException() if 500 <= error.code < 600:
            policy = "stop"
    return Delivery(status="failed", reason=_said(error), policy=policy)


def _said(error: Exception) -> str:
    """A failure in words, with neither an address nor a secret: servers like to repeat what they refuse."""
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            return f"the mail server refused the name and password ({error.code})"
        case aiosmtplib.SMTPRecipientRefused() | aiosmtplib.SMTPSenderRefused():
            whom = "recipient" if isinstance(error, aiosmtplib.SMTPRecipientRefused) else "sender"
            return f"the mail server refused the {whom} ({error.code})"
        case aiosmtplib.SMTPResponseException():
            return f"the mail server refused the mail ({error.code})"
        case ssl.SSLError():
            return "the mail server's certificate or TLS cannot be used"
        case _:
            return f"the mail server cannot be used: {type(error).__name__}"
