"""News of chat: whoever is connected, to whatever process, is told that something was said."""

from antiphon.core.chat import at_address, within
from antiphon.core.names import ConversationId, PackName
from antiphon.ports import CompletedTurn, Lines

SAID = "said"  # the word within a conversation
_SENT = "message_sent"


class ChatNews:
    """`ports.Sink` that says that a turn has said something. What it was is read from the log."""

    def __init__(self, lines: Lines, pack: PackName) -> None:
        self._lines = lines
        self._pack = pack

    async def committed(self, turn: CompletedTurn) -> None:
        """See `ports.Sink`."""
        claim = turn.claim
        if claim.pack != self._pack or not any(event.kind == _SENT for event in turn.events):
            return
        self._lines.tell(within(claim.conversation_id), SAID)
        if claim.sequence == 0:  # whoever is connected does not know the conversation yet
            self._lines.tell(at_address(claim.address), SAID)

    async def erased(self, conversation_id: ConversationId) -> None:
        """See `ports.Sink`. Nothing was written, and browsers have what they have."""
