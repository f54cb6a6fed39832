"""Proving a store file whole: every conversation's chain, in one pass over the events of all tenants.

`engine.audit` does more, on any store, and beside a server. This is for a file that nobody changes, before it is used.
"""

import sqlite3
from itertools import groupby

from antiphon.core.chain import BEGINNING, ENDS_ELSEWHERE, Break, Link, advance
from antiphon.storage.codec import event_of


def first_fault(db: sqlite3.Connection) -> str | None:
    """The first conversation whose chain does not hold, and where it breaks; None when all do.

    Raises:
        StoreDamaged: an event cannot be read at all; it is named.
    """
    remembered = {
        (row["tenant"], row["id"]): Link(sequence=row["sequence"], head=row["head"])
        for row in db.execute("SELECT tenant, id, sequence, head FROM conversations")
    }
    events = db.execute("SELECT * FROM events ORDER BY tenant, conversation_id, sequence")
    for place, log in groupby(events, key=lambda row: (row["tenant"], row["conversation_id"])):
        end = advance(map(event_of, log))
        if isinstance(end, Break):
            return f"conversation {place[1]} breaks at event {end.sequence}: {end.reason}"
        if remembered.pop(place, None) != end:
            return f"conversation {place[1]} after event {end.sequence}: {ENDS_ELSEWHERE}"
    for (_, conversation_id), end in remembered.items():
        if end != BEGINNING:
            return f"conversation {conversation_id} has lost its events"
    return None
