"""What the tests of sending say things with."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from antiphon.channels.whatsapp import WhatsAppChannel
from antiphon.ports import Delivery, Outgoing
from tests.channels.whatsapp.graph_server import Meta
from tests.channels.whatsapp.recorded import PHONE

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


class Ticks:
    """A monotonic clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def outgoing(text: str = "Hello", *, hours: float | None = None, **more: Any) -> Outgoing:
    """A message; `hours` ago its person has written."""
    given = {"address": PHONE, "key": "run-1:0", "conversation_id": "c", "contact_id": "p", **more}
    return Outgoing(text=text, last_inbound_at=None if hours is None else NOW - timedelta(hours=hours), **given)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """A channel and the Graph API that it speaks to."""

    channel: WhatsAppChannel
    meta: Meta
    ticks: Ticks

    async def send(self, text: str = "Hello", **more: Any) -> Delivery:
        """See `outgoing`."""
        return await self.channel.send(outgoing(text, **more))
