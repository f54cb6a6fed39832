"""Effects on SQLite: what is due, what became of it, and what an operator makes of that."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace

from antiphon.core.effect import KeptEffect
from antiphon.core.names import EffectKey, Tenant
from antiphon.storage.codec import Row, dump, effect_of
from antiphon.storage.effect_rows import settled
from antiphon.storage.sqlite.runs import Lease
from antiphon.storage.turn_rows import Values

ABOVE_ALL = 2**62  # no priority is as high


def claim_due(
    db: sqlite3.Connection, tenant: Tenant, due_at: int, lease: Lease, limit: int, busy: frozenset[str]
) -> list[KeptEffect]:
    """Take what is due, by priority and then by time; also what a performer began and did not live to settle."""
    left = dump(sorted(busy))
    found = db.execute(
        "SELECT key, status, priority, due_at FROM effects WHERE tenant = ? AND status = 'performing'"
        " AND lease_until <= ? AND kind NOT IN (SELECT value FROM json_each(?))",
        (tenant, lease.now, left),
    ).fetchall()
    for priority in _priorities(db, tenant):
        if sum(row["priority"] >= priority for row in found) >= limit:
            break
        found += db.execute(
            "SELECT key, status, priority, due_at FROM effects WHERE tenant = ? AND status = 'pending' AND priority = ?"
            " AND due_at <= ? AND kind NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at, key LIMIT ?",
            (tenant, priority, due_at, left, limit),
        ).fetchall()
    taken = []
    for row in sorted(found, key=_order)[:limit]:
        mine = db.execute(
            "UPDATE effects SET status = 'performing', attempts = attempts + 1, lease_until = ?, started_at = ?"
            " WHERE tenant = ? AND key = ? RETURNING *",
            (lease.until, due_at, tenant, row["key"]),
        ).fetchone()
        taken.append(replace(effect_of(mine), abandoned=row["status"] == "performing"))
    return taken


def _priorities(db: sqlite3.Connection, tenant: Tenant) -> Iterator[int]:
    """Those of what is pending, the highest first: one look each in an index, whatever sleeps."""
    below = "SELECT max(priority) FROM effects WHERE tenant = ? AND status = 'pending' AND priority < ?"
    (priority,) = db.execute(below, (tenant, ABOVE_ALL)).fetchone()
    while priority is not None:
        yield priority
        (priority,) = db.execute(below, (tenant, priority)).fetchone()


def _order(row: Row) -> tuple[int, int, str]:
    return -row["priority"], row["due_at"], row["key"]


def renew(db: sqlite3.Connection, tenant: Tenant, kept: Sequence[KeptEffect], until: int) -> None:
    """Extend the leases of attempts that nobody else has taken."""
    db.executemany(
        "UPDATE effects SET lease_until = ? WHERE tenant = ? AND key = ? AND status = 'performing' AND attempts = ?",
        [(until, tenant, one.key, one.attempts) for one in kept],
    )


def promise(db: sqlite3.Connection, tenant: Tenant, rows: Sequence[Values], at: int) -> None:
    """Keep effects that no run brought, but those that are kept."""
    db.executemany(
        "INSERT INTO effects (tenant, conversation_id, status, attempts, created_at, run_id, key, kind, payload,"
        " repeatable, max_attempts, priority, due_at) VALUES (?, '', 'pending', 0, ?, ?, ?, ?, ?, ?, ?, 0, ?)"
        " ON CONFLICT DO NOTHING",
        [(tenant, at, *values) for values in rows],
    )


def settle(db: sqlite3.Connection, tenant: Tenant, kept: KeptEffect) -> None:
    """Store what became of an attempt; the number of the attempt says whether it is still the caller's."""
    db.execute(
        "UPDATE effects SET status = ?, due_at = ?, reason = ?, settled_at = ?, detail = ?, closed = ?,"
        " lease_until = NULL WHERE tenant = ? AND key = ? AND status = 'performing' AND attempts = ?",
        (*settled(kept), tenant, kept.key, kept.attempts),
    )


def replay(db: sqlite3.Connection, tenant: Tenant, key: EffectKey, at: int, attempts: int) -> bool:
    """Make what is dead or parked due again; whether it was one of them."""
    changed = db.execute(
        "UPDATE effects SET status = 'pending', due_at = ?, max_attempts = attempts + ?, settled_at = NULL"
        " WHERE tenant = ? AND key = ? AND status IN ('dead', 'parked')",
        (at, attempts, tenant, key),
    )
    return changed.rowcount == 1


def cancel(db: sqlite3.Connection, tenant: Tenant, key: EffectKey, at: int) -> bool:
    """Take what nobody performs off the list for good; whether it was there."""
    changed = db.execute(
        "UPDATE effects SET status = 'cancelled', settled_at = ?"
        " WHERE tenant = ? AND key = ? AND status IN ('pending', 'dead', 'parked')",
        (at, tenant, key),
    )
    return changed.rowcount == 1
