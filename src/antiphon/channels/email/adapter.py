"""The channel of e-mail: what comes in by webhooks, and what goes out by SMTP or SendGrid."""

import hashlib
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from antiphon.channels.email.automatic import Receipt, receipts, why_automatic
from antiphon.channels.email.compose import REFERENCES, answering, letter
from antiphon.channels.email.failures import MailTooLarge, MailUnreadable, MailUntrusted
from antiphon.channels.email.html import text_of
from antiphon.channels.email.mail import Mail
from antiphon.channels.email.parse import PARSERS
from antiphon.channels.email.quoted import reply_of
from antiphon.channels.email.settings import EmailSettings, check_settings
from antiphon.channels.email.thread import Threads, references_after
from antiphon.channels.email.verify import Verifier
from antiphon.core.change import REPLY_TO, Change
from antiphon.core.names import ConversationId, Facts
from antiphon.ports import Clock, Delivery, Outgoing

if TYPE_CHECKING:
    from antiphon.channels.email.send import Sender

NAME = "email"
MAX_MESSAGE_CHARS = 5_000  # of what a turn works on, as on every channel
MAX_RAW_CHARS = 20_000  # of the text as it came, kept beside it

# How each provider is told that a mail will never be taken, so that it does not bring it again.
REFUSALS: Mapping[str, int] = {"mailgun": 406, "postmark": 403}
TOO_LARGE, MALFORMED, FORBIDDEN = 413, 422, 403


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbound:
    """What a webhook has brought."""

    change: Change | None = None  # None: nothing that a conversation should see, and `reason` says why
    address: str = ""  # of whoever wrote
    contact_name: str = ""  # for somebody who was never seen before
    key: str = ""  # the same when the same mail is brought again
    conversation_id: ConversationId | None = None  # that it answers in; None: that of the address
    reason: str = ""
    receipts: tuple[Receipt, ...] = ()  # of a delivery report
    status: int = 200  # what the provider is told; above 299 it was refused


class EmailChannel:
    """`ports.Channel`, and what its webhooks ask."""

    name = NAME
    repeatable = False  # the same Message-ID twice is two mails for most people

    def __init__(self, settings: EmailSettings, clock: Clock, sender: "Sender | None" = None) -> None:
        """Raises: SettingMissing, SettingInvalid, SettingUnusable: the message says which one and why."""
        check_settings(settings)
        self._settings = settings
        self._clock = clock
        self._threads = Threads(settings.thread_secrets, settings.domain)
        self._verifier = Verifier(settings)
        self._sender = sender

    @property
    def sends(self) -> bool:
        """Whether mail can be sent."""
        return self._sender is not None

    @property
    def max_bytes(self) -> int:
        """The longest body that is looked at."""
        return self._settings.max_bytes

    async def send(self, message: Outgoing) -> Delivery:
        """See `ports.Channel`. `reply_to_id` and the header References thread it."""
        one = letter(message, self._settings, self._threads)
        if self._sender is None:
            return Delivery(status="failed", reason="no mail server is set", policy="park")
        if one is None:
            return Delivery(status="failed", reason="the address is no mail address", policy="stop")
        return await self._sender.send(one)

    async def healthy(self) -> bool:
        """See `ports.Channel`."""
        return self.sends

    def read(self, provider: str, headers: Mapping[str, str], token: str | None, body: bytes | None) -> Inbound:
        """What a call of a webhook brings. It never raises; a body that is too large is None."""
        if body is None:
            return _refused(provider, TOO_LARGE, f"the mail has more than {self.max_bytes} bytes")
        try:
            self._verifier.check(provider, headers=headers, token=token, body=body, now=self._clock.now())
            return self._judged(PARSERS[provider](body, headers.get("content-type", "")))
        except MailUntrusted as error:
            return _refused(provider, FORBIDDEN, str(error))
        except MailTooLarge as error:
            return _refused(provider, TOO_LARGE, str(error))
        except MailUnreadable as error:
            return _refused(provider, MALFORMED, str(error))

    def _judged(self, mail: Mail) -> Inbound:
        if reason := why_automatic(mail, self._threads, self._settings.from_address):
            return Inbound(reason=reason, receipts=receipts(mail))
        if not mail.sender:
            return Inbound(reason="no sender")
        if mail.is_forged and self._settings.refuse_forged:
            return Inbound(reason="its sender did not send it")
        full = mail.text if mail.text.strip() else text_of(mail.html)
        said = reply_of(mail.stripped if mail.stripped.strip() else full)
        value = (said or mail.subject or _about(mail))[:MAX_MESSAGE_CHARS]
        if not value:
            return Inbound(reason="empty")
        return Inbound(
            change=Change(kind="message", value=value, channel=NAME, data=_data(mail, full)),
            address=mail.sender,
            contact_name=mail.sender_name or f"Unknown ({mail.sender})",
            key=_key(mail),
            conversation_id=self._threads.conversation_of(mail),
        )


@asynccontextmanager
async def open_email(
    settings: EmailSettings, clock: Clock, tls: ssl.SSLContext | None = None
) -> AsyncIterator[EmailChannel]:
    """The channel with a way out, until the end of the block. `tls`: whom to believe, in place of the system's list."""
    from antiphon.channels.email.send import SendGridSender, SmtpSender  # noqa: PLC0415 - slow to load; not for receiving

    if settings.sendgrid_key:
        async with httpx.AsyncClient(base_url=settings.sendgrid_url, timeout=settings.timeout_seconds) as client:
            yield EmailChannel(settings, clock, SendGridSender(client, settings.sendgrid_key))
    else:
        yield EmailChannel(settings, clock, SmtpSender(settings, clock, tls) if settings.smtp_host else None)


def _refused(provider: str, status: int, reason: str) -> Inbound:
    return Inbound(status=REFUSALS.get(provider, status), reason=reason)


def _about(mail: Mail) -> str:
    """What stands for a mail without words."""
    return f"({', '.join(one.filename or one.content_type for one in mail.attachments)})" if mail.attachments else ""


def _data(mail: Mail, full: str) -> Facts:
    """What came with the words: whom and how to answer, what was attached, and the text as it came."""
    references = references_after(mail.references, mail.message_id)
    data: dict[str, Any] = {
        REPLY_TO: {
            "channel": NAME,
            "address": mail.sender,
            "reply_to_id": mail.message_id or None,
            "subject": answering(mail.subject) or None,
            "headers": {REFERENCES: " ".join(references)} if references else {},
        },
        "subject": mail.subject,
        "raw": full[:MAX_RAW_CHARS],
    }
    if mail.attachments:
        data["attachments"] = [
            {"filename": one.filename, "content_type": one.content_type, "size_bytes": one.size_bytes}
            for one in mail.attachments
        ]
    return data


def _key(mail: Mail) -> str:
    """The same for the same mail of the same sender: another's Message-ID does not keep this one out."""
    named = mail.message_id or f"{mail.subject}\0{mail.text or mail.html}\0{mail.headers.get('date', '')}"
    return "email:" + hashlib.sha256(f"{mail.sender}\0{named}".encode()).hexdigest()
