"""Effects on SQLite: what is due, what became of it, and what an operator makes of that."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from antiphon.core.effect import KeptEffect
from antiphon.core.names import EffectKey, Tenant
from antiphon.storage.codec import dump, effect_of, to_micros
from antiphon.storage.sqlite.runs import Lease


def claim_due(
    db: sqlite3.Connection, tenant: Tenant, due_at: int, lease: Lease, limit: int, busy: frozenset[str]
) -> list[KeptEffect]:
    """Take what is due, by priority and then by time; also what a performer began and did not live to settle."""
    due = db.execute(
        "SELECT key, status FROM effects WHERE tenant = ? AND ("
        " (status = 'pending' AND due_at <= ?) OR (status = 'performing' AND lease_until <= ?))"
        " AND kind NOT IN (SELECT value FROM json_each(?))"
        " ORDER BY priority DESC, due_at, key LIMIT ?",
        (tenant, due_at, lease.now, dump(sorted(busy)), limit),
    ).fetchall()
    taken = []
    for row in due:
        mine = db.execute(
            "UPDATE effects SET status = 'performing', attempts = attempts + 1, lease_until = ?"
            " WHERE tenant = ? AND key = ? RETURNING *",
            (lease.until, tenant, row["key"]),
        ).fetchone()
        taken.append(replace(effect_of(mine), abandoned=row["status"] == "performing"))
    return taken


def renew(db: sqlite3.Connection, tenant: Tenant, kept: Sequence[KeptEffect], until: int) -> None:
    """Extend the leases of attempts that nobody else has taken."""
    db.executemany(
        "UPDATE effects SET lease_until = ? WHERE tenant = ? AND key = ? AND status = 'performing' AND attempts = ?",
        [(until, tenant, one.key, one.attempts) for one in kept],
    )


def settle(db: sqlite3.Connection, tenant: Tenant, kept: KeptEffect) -> None:
    """Store what became of an attempt; the number of the attempt says whether it is still the caller's."""
    db.execute(
        "UPDATE effects SET status = ?, due_at = ?, reason = ?, lease_until = NULL"
        " WHERE tenant = ? AND key = ? AND status = 'performing' AND attempts = ?",
        (kept.status, to_micros(kept.due_at), kept.reason, tenant, kept.key, kept.attempts),
    )


def replay(db: sqlite3.Connection, tenant: Tenant, key: EffectKey, at: int, attempts: int) -> bool:
    """Make what is dead or parked due again; whether it was one of them."""
    changed = db.execute(
        "UPDATE effects SET status = 'pending', due_at = ?, max_attempts = attempts + ?"
        " WHERE tenant = ? AND key = ? AND status IN ('dead', 'parked')",
        (at, attempts, tenant, key),
    )
    return changed.rowcount == 1


def cancel(db: sqlite3.Connection, tenant: Tenant, key: EffectKey) -> bool:
    """Take what nobody performs off the list for good; whether it was there."""
    changed = db.execute(
        "UPDATE effects SET status = 'cancelled'"
        " WHERE tenant = ? AND key = ? AND status IN ('pending', 'dead', 'parked')",
        (tenant, key),
    )
    return changed.rowcount == 1
