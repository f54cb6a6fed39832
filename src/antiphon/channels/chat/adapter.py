"""The channel of web chat: sending, and what its WebSocket needs to verify and to read."""

from antiphon.channels.chat.parse import parse
from antiphon.channels.chat.settings import ChatSettings
from antiphon.channels.chat.verify import admits
from antiphon.core.chat import Frame, at_address
from antiphon.core.names import Moment
from antiphon.ports import Delivery, Lines, Outgoing

WRITTEN_TO = "written to"  # the word at an address; whoever is connected looks into the log


class ChatChannel:
    """`ports.Channel` that needs nobody else: the transcript itself is what the person reads.

    The message comes into the transcript with the change that says it was sent, once under its key. Whoever is
    connected gets it when that is committed.
    """

    name = "chat"
    repeatable = True

    def __init__(self, lines: Lines | None = None, settings: ChatSettings | None = None) -> None:
        """Without `lines` nobody is connected."""
        self.lines = lines
        self._settings = settings or ChatSettings()

    async def send(self, message: Outgoing) -> Delivery:
        """See `ports.Channel`."""
        if self.lines:
            self.lines.tell(at_address(message.address), WRITTEN_TO)
        return Delivery(status="sent", provider_id=message.key)

    async def healthy(self) -> bool:
        """See `ports.Channel`."""
        return True

    def admits(self, token: str | None, contact_id: str, now: Moment) -> bool:
        """Whether whoever brings the token may speak as the contact."""
        return admits(self._settings.secrets, token, contact_id, now)

    def parse(self, text: str) -> Frame:
        """What a frame of a browser says; never raises."""
        return parse(text)
