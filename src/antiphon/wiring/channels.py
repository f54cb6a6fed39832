"""Which channels the settings turn on: who people are written to by, and whose webhooks are read.

A channel is on when its credentials are set, unless the settings file says `enabled: false`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from antiphon.channels.email import EmailChannel, EmailSettings, open_email
from antiphon.channels.whatsapp import WhatsApp, WhatsAppSettings, open_whatsapp
from antiphon.clock import SystemClock
from antiphon.ports import Channel, Channels, Limiter
from antiphon.settings import Settings, listed


def inbound_of(settings: Settings) -> Mapping[str, object]:
    """What verifies and reads webhooks, by channel. Nothing is opened; routes know each by a Protocol of their own."""
    found: dict[str, object] = {}
    whatsapp = whatsapp_settings(settings)
    if whatsapp.receives and is_on(settings, "whatsapp"):
        found["whatsapp"] = WhatsApp(whatsapp)
    if is_on(settings, "email"):  # taken without credentials as well: the webhook of our own needs none
        found["email"] = EmailChannel(email_settings(settings), SystemClock())
    return found


@asynccontextmanager
async def opened_channels(settings: Settings, limiter: Limiter) -> AsyncIterator[Channels]:
    """The channels that need a connection, at work until the end of the block. `limiter` counts what they send."""
    async with AsyncExitStack() as stack:
        found: dict[str, Channel] = {}
        whatsapp = whatsapp_settings(settings)
        if whatsapp.sends and is_on(settings, "whatsapp"):
            found["whatsapp"] = await stack.enter_async_context(open_whatsapp(whatsapp, limiter))
        email = email_settings(settings)
        if email.sends and is_on(settings, "email"):
            found["email"] = await stack.enter_async_context(open_email(email, SystemClock()))
        yield found


def is_on(settings: Settings, name: str) -> bool:
    """Whether the settings file leaves a channel on; what it does not name is."""
    section = settings.converse.channels.get(name)
    return section is None or section.enabled is not False


def whatsapp_settings(settings: Settings) -> WhatsAppSettings:
    """What WhatsApp needs, out of all settings."""
    return WhatsAppSettings(
        phone_number_id=settings.whatsapp_phone_number_id or "",
        access_token=settings.whatsapp_access_token or "",
        app_secret=settings.whatsapp_app_secret or "",
        verify_token=settings.whatsapp_verify_token or "",
        base_url=settings.whatsapp_base_url,
    )


def email_settings(settings: Settings) -> EmailSettings:
    """What e-mail needs, out of all settings."""
    return EmailSettings(
        from_address=settings.email_from_address or settings.email_smtp_username or "",
        from_name=settings.email_from_name or "",
        reply_domain=settings.email_reply_domain or "",
        subject=settings.email_subject,
        thread_secrets=tuple(listed(settings.email_thread_secret or settings.converse_secret_key)),
        smtp_host=settings.email_smtp_host or "",
        smtp_port=settings.email_smtp_port,
        smtp_security=settings.email_smtp_security,
        smtp_username=settings.email_smtp_username or "",
        smtp_password=settings.email_smtp_password or "",
        sendgrid_key=settings.email_sendgrid_api_key or "",
        sendgrid_url=settings.email_sendgrid_url,
        webhook_token=settings.email_webhook_token or "",
        sendgrid_public_key=settings.email_sendgrid_public_key or "",
        mailgun_key=settings.email_mailgun_signing_key or "",
        postmark_token=settings.email_postmark_token or "",
        refuse_forged=settings.email_refuse_forged,
        max_bytes=settings.email_max_bytes,
    )
