"""A channel that sends nothing and remembers what it was asked to send."""

from collections.abc import Iterable

from antiphon.ports import Delivery, Outgoing


class RecordingChannel:
    """`ports.Channel` with scripted deliveries, one for each attempt in turn; after the last, all are sent.

    An exception among them is raised.
    """

    def __init__(self, name: str, deliveries: Iterable[Delivery | Exception] = (), *, repeatable: bool = False) -> None:
        self.name = name
        self.repeatable = repeatable
        self.is_healthy = True
        self.sent: list[Outgoing] = []  # what it was asked to send, in order
        self._deliveries = iter(deliveries)

    async def send(self, message: Outgoing) -> Delivery:
        """The next scripted delivery."""
        self.sent.append(message)
        delivery = next(self._deliveries, Delivery(status="sent", provider_id=f"{self.name}-{len(self.sent)}"))
        if isinstance(delivery, Exception):
            raise delivery
        return delivery

    async def healthy(self) -> bool:
        """As it was told to be."""
        return self.is_healthy
