"""Proving a store file whole, before it is used."""

import sqlite3

from antiphon.storage.proof import CONVERSATIONS, EVENTS, Proof


def first_fault(db: sqlite3.Connection) -> str | None:
    """The first conversation whose chain does not hold, and where it breaks; None when all do.

    Raises:
        StoreDamaged: an event cannot be read at all; it is named.
    """
    proof = Proof(db.execute(CONVERSATIONS))
    return proof.walk(db.execute(EVENTS)) or proof.end()
