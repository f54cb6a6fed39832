"""Effects on SQLite: what is due, and what became of it."""

import sqlite3
from dataclasses import replace

from antiphon.core.effect import KeptEffect
from antiphon.core.names import Tenant
from antiphon.storage.codec import effect_of, to_micros


def claim_due(db: sqlite3.Connection, tenant: Tenant, now: int, until: int, limit: int) -> list[KeptEffect]:
    """Take what is due, by priority and then by time; also what a performer began and did not live to settle."""
    due = db.execute(
        "SELECT key, status FROM effects WHERE tenant = ? AND ("
        " (status = 'pending' AND due_at <= ?) OR (status = 'performing' AND lease_until <= ?))"
        " ORDER BY priority DESC, due_at, key LIMIT ?",
        (tenant, now, now, limit),
    ).fetchall()
    taken = []
    for row in due:
        mine = db.execute(
            "UPDATE effects SET status = 'performing', attempts = attempts + 1, lease_until = ?"
            " WHERE tenant = ? AND key = ? RETURNING *",
            (until, tenant, row["key"]),
        ).fetchone()
        taken.append(replace(effect_of(mine), abandoned=row["status"] == "performing"))
    return taken


def settle(db: sqlite3.Connection, tenant: Tenant, kept: KeptEffect) -> None:
    """Store what became of an attempt; the number of the attempt says whether it is still the caller's."""
    db.execute(
        "UPDATE effects SET status = ?, due_at = ?, reason = ?, lease_until = NULL"
        " WHERE tenant = ? AND key = ? AND status = 'performing' AND attempts = ?",
        (kept.status, to_micros(kept.due_at), kept.reason, tenant, kept.key, kept.attempts),
    )
