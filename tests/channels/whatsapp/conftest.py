"""A Graph API of ours, and a channel that speaks to it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from antiphon.channels.whatsapp import WhatsAppChannel, WhatsAppSettings
from antiphon.channels.whatsapp.graph import open_graph
from antiphon.limits.memory import MemoryLimiter
from tests.channels.whatsapp.desk import NOW, Desk, Ticks
from tests.channels.whatsapp.graph_server import TOKEN, Meta, graph_api
from tests.channels.whatsapp.recorded import NUMBER_ID


@pytest.fixture
def meta() -> Iterator[Meta]:
    """The Graph API."""
    with graph_api() as state:
        yield state


@pytest.fixture
async def desk(meta: Meta) -> AsyncIterator[Desk]:
    """A channel on it, whose clock stands still."""
    settings = WhatsAppSettings(phone_number_id=NUMBER_ID, access_token=TOKEN, base_url=meta.url, timeout_seconds=2)
    ticks = Ticks()
    async with open_graph(settings) as graph:
        channel = WhatsAppChannel(
            graph, settings, MemoryLimiter(), now=lambda: NOW, clock=ticks, part_pauses=(0.0, 0.0)
        )
        yield Desk(channel=channel, meta=meta, ticks=ticks)
