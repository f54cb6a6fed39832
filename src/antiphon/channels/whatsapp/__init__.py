"""WhatsApp, by Meta's Cloud API: webhooks in, the Graph API out."""

from antiphon.channels.whatsapp.adapter import WhatsApp, WhatsAppChannel, open_whatsapp
from antiphon.channels.whatsapp.settings import WhatsAppSettings

__all__ = ["WhatsApp", "WhatsAppChannel", "WhatsAppSettings", "open_whatsapp"]
