"""What the channel of e-mail needs to know."""

import ipaddress
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from antiphon.channels.email.mail import deliverable
from antiphon.core.errors import SettingInvalid, SettingMissing

SmtpSecurity: TypeAlias = Literal["starttls", "tls", "none"]

SENDGRID_URL = "https://api.sendgrid.com"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class EmailSettings:
    """How mail goes out and comes in. Without a server and a SendGrid key nothing is sent; mail may still come in."""

    from_address: str = ""  # whom people get mail from
    from_name: str = ""
    reply_domain: str = ""  # where answers come in; that of `from_address` when empty
    subject: str = "A message for you"  # of what begins a thread and brings no subject
    thread_secrets: tuple[str, ...] = field(default=(), repr=False)  # sign the tokens of answers; the first one signs

    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: SmtpSecurity = "starttls"  # none: on this machine only
    smtp_username: str = ""
    smtp_password: str = field(default="", repr=False)
    sendgrid_key: str = field(default="", repr=False)
    sendgrid_url: str = SENDGRID_URL
    timeout_seconds: float = 20.0  # of one attempt, well under the minute that an effect has

    webhook_token: str = field(default="", repr=False)  # of our own webhook, and of SendGrid's without a public key
    sendgrid_public_key: str = field(default="", repr=False)
    mailgun_key: str = field(default="", repr=False)  # signs what Mailgun brings
    postmark_token: str = field(default="", repr=False)  # the password in the address that Postmark was given
    refuse_forged: bool = True  # what fails SPF and has no DKIM is not taken in
    max_bytes: int = 25 * MEGABYTE  # of one mail with all that is attached; larger ones are refused

    @property
    def sends(self) -> bool:
        """Whether mail can be sent."""
        return bool(self.smtp_host or self.sendgrid_key)

    @property
    def domain(self) -> str:
        """Where answers come in."""
        return (self.reply_domain or self.from_address.rpartition("@")[2]).lower() or "localhost"


def check_settings(settings: EmailSettings) -> None:
    """Nothing, when mail can be sent so.

    Raises:
        SettingMissing, SettingInvalid: the message says which one.
    """
    if not settings.sends:
        return
    if not deliverable(settings.from_address):
        raise SettingMissing(name="EMAIL_FROM_ADDRESS", what="the channel email")
    if settings.smtp_host and settings.smtp_security == "none" and not is_loopback(settings.smtp_host):
        reason = f"allowed on this machine only, and {settings.smtp_host} is another: use starttls or tls"
        raise SettingInvalid(name="EMAIL_SMTP_SECURITY", value="none", reason=reason)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that nobody can listen on the way."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
