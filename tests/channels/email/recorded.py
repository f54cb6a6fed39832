"""Mails as each provider brings them. The first line of a file is the type of what follows."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from antiphon.channels.email import EmailChannel, EmailSettings, Inbound
from antiphon.testing.clock import SettableClock

FOLDER = Path(__file__).parent / "payloads"
NAMES = sorted(path.name for path in FOLDER.iterdir())
MAILGUN_KEY = "key-for-tests"
POSTMARK_TOKEN = "token-for-tests"
SECRET = "secret-for-tests"
DOMAIN = "reply.harbor.example"
TIMESTAMP = 1_795_345_200  # stands in Mailgun's payloads
SETTINGS = EmailSettings(
    from_address="hello@harbor.example",
    from_name="Harbor",
    reply_domain=DOMAIN,
    thread_secrets=(SECRET,),
    mailgun_key=MAILGUN_KEY,
    postmark_token=POSTMARK_TOKEN,
)


def provider_of(name: str) -> str:
    """Who brings a payload."""
    word = name.partition(".")[0].partition("_")[0]
    return word if word in ("sendgrid", "mailgun", "postmark") else "plain"


def payload(name: str, timestamp: int = TIMESTAMP) -> tuple[str, bytes]:
    """Type and body; Mailgun's is signed for the time."""
    kind, _, body = (FOLDER / name).read_bytes().partition(b"\n\n")
    token = "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
    signature = hmac.new(MAILGUN_KEY.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    signed = body.replace(str(TIMESTAMP).encode(), str(timestamp).encode())
    return kind.decode().removeprefix("Content-Type: "), signed.replace(b"%40SIGNATURE%40", signature.encode())


def channel(settings: EmailSettings = SETTINGS) -> EmailChannel:
    """The channel at the time of the payloads."""
    return EmailChannel(settings, SettableClock(datetime.fromtimestamp(TIMESTAMP, UTC)))


def read(
    name: str,
    body: bytes | None = None,
    *,
    settings: EmailSettings = SETTINGS,
    headers: Mapping[str, str] | None = None,
) -> Inbound:
    """What the channel makes of a payload, or of another body under its type."""
    kind, recorded = payload(name)
    token = POSTMARK_TOKEN if provider_of(name) == "postmark" else None
    given = {"content-type": kind, **(headers or {})}
    return channel(settings).read(provider_of(name), given, token, recorded if body is None else body)
