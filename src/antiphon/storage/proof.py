"""Proving a store whole: every conversation's chain, in one pass over the events of all tenants.

`engine.audit` does more, on any store, and beside a server. This is for a store that nobody changes, before it is used.
"""

from collections.abc import Iterable
from itertools import groupby

from antiphon.core.chain import BEGINNING, ENDS_ELSEWHERE, Break, Link, advance
from antiphon.storage.codec import Row, event_of

CONVERSATIONS = "SELECT tenant, id, sequence, head FROM conversations"
EVENTS = "SELECT * FROM events ORDER BY tenant, conversation_id, sequence"


class Proof:
    """A walk over the rows of `EVENTS`, some at a time, against those of `CONVERSATIONS`."""

    def __init__(self, conversations: Iterable[Row]) -> None:
        self._remembered = {
            (row["tenant"], row["id"]): Link(sequence=row["sequence"], head=row["head"]) for row in conversations
        }
        self._place: tuple[str, str] | None = None  # tenant and id of the conversation that the walk is in
        self._link = BEGINNING

    def walk(self, events: Iterable[Row]) -> str | None:
        """Go on with the next events; where the first chain breaks, or None.

        Raises:
            StoreDamaged: an event cannot be read at all; it is named.
        """
        for place, log in groupby(events, key=lambda row: (row["tenant"], row["conversation_id"])):
            if place != self._place:
                if fault := self._leave():
                    return fault
                self._place, self._link = place, BEGINNING
            end = advance(map(event_of, log), self._link)
            if isinstance(end, Break):
                return f"conversation {place[1]} breaks at event {end.sequence}: {end.reason}"
            self._link = end
        return None

    def end(self) -> str | None:
        """What is wrong when there are no more events, or None."""
        if fault := self._leave():
            return fault
        for (_, conversation_id), remembered in self._remembered.items():
            if remembered != BEGINNING:
                return f"conversation {conversation_id} has lost its events"
        return None

    def _leave(self) -> str | None:
        if self._place is None or self._remembered.pop(self._place, None) == self._link:
            return None
        return f"conversation {self._place[1]} after event {self._link.sequence}: {ENDS_ELSEWHERE}"
