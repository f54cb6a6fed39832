"""E-mail: by SMTP or SendGrid to people, by webhooks from them."""

from antiphon.channels.email.adapter import EmailChannel, Inbound, open_email
from antiphon.channels.email.settings import EmailSettings

__all__ = ["EmailChannel", "EmailSettings", "Inbound", "open_email"]
