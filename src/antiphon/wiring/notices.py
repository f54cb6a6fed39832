"""Who is told how runs end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from antiphon.core.errors import (
    SettingInvalid,
    SettingMissing,
)
from antiphon.core.notice import NOTICE_TYPES, Subscription
from antiphon.core.signing import check_secrets
from antiphon.ports import (
    Clock,
    Performers,
)
from antiphon.settings import Settings, listed
from antiphon.sinks.webhooks import endpoints, open_webhooks


def subscription(settings: Settings) -> Subscription:
    """Who is told how runs end, and of what.

    Raises:
        SettingInvalid, SettingUnusable: the message says which and why, and gives no secret away.
    """
    types = listed(settings.notify_events)
    if unknown := [name for name in types if name not in NOTICE_TYPES]:
        reason = f"no event that is told of; these are: {', '.join(NOTICE_TYPES)}"
        raise SettingInvalid(name="NOTIFY_EVENTS", value=unknown[0], reason=reason)
    return Subscription(
        receivers=tuple(one.receiver for one in endpoints("NOTIFY_URLS", listed(settings.notify_urls))),
        types=frozenset(name for name in NOTICE_TYPES if name in types),
        attempts=settings.notify_attempts,
    )


@asynccontextmanager
async def opened_performers(settings: Settings, clock: Clock) -> AsyncIterator[Performers]:
    """Whoever keeps each kind of effect."""
    told = endpoints("NOTIFY_URLS", listed(settings.notify_urls))
    secrets = check_secrets("NOTIFY_SECRETS", listed(settings.notify_secrets))
    if told and not secrets:
        raise SettingMissing(name="NOTIFY_SECRETS", what="NOTIFY_URLS")
    async with open_webhooks(told, secrets, clock, timeout_seconds=settings.notify_timeout_seconds) as performers:
        yield performers
