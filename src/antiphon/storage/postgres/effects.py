"""Effects on PostgreSQL: what is due, what became of it, and what an operator makes of that."""

from collections.abc import Sequence
from dataclasses import replace

from antiphon.core.effect import KeptEffect
from antiphon.core.names import EffectKey, Tenant
from antiphon.storage.codec import effect_of
from antiphon.storage.effect_rows import settled
from antiphon.storage.postgres.connections import Connections
from antiphon.storage.postgres.runs import Lease
from antiphon.storage.turn_rows import Values

# Leases end on the database's clock, unless there is a clock of its own.
_NOW = "coalesce($2::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"

# Of each priority one look in an index, however much sleeps or is due.
_CLAIM_DUE = """
WITH RECURSIVE priorities AS (
    SELECT max(e.priority) AS priority FROM effects AS e WHERE e.tenant = $1 AND e.status = 'pending'
     UNION ALL
    SELECT (SELECT max(e.priority) FROM effects AS e
             WHERE e.tenant = $1 AND e.status = 'pending' AND e.priority < p.priority)
      FROM priorities AS p WHERE p.priority IS NOT NULL
), pending AS (
    SELECT e.* FROM priorities AS p CROSS JOIN LATERAL (
        SELECT e.key, e.status, e.priority, e.due_at FROM effects AS e
         WHERE e.tenant = $1 AND e.status = 'pending' AND e.priority = p.priority AND e.due_at <= $4
           AND e.kind <> ALL ($6::text[])
         ORDER BY e.due_at, e.key LIMIT $5 FOR UPDATE SKIP LOCKED) AS e
), abandoned AS (
    SELECT e.key, e.status, e.priority, e.due_at FROM effects AS e
     WHERE e.tenant = $1 AND e.status = 'performing' AND e.lease_until <= {now} AND e.kind <> ALL ($6::text[])
     ORDER BY e.priority DESC, e.due_at, e.key LIMIT $5 FOR UPDATE SKIP LOCKED
), due AS (
    SELECT * FROM (SELECT * FROM pending UNION ALL SELECT * FROM abandoned) AS e
     ORDER BY e.priority DESC, e.due_at, e.key LIMIT $5
), taken AS (
    UPDATE effects AS e
       SET status = 'performing', attempts = e.attempts + 1, lease_until = {now} + $3::bigint, started_at = $4
      FROM due WHERE e.tenant = $1 AND e.key = due.key
    RETURNING e.*, due.status = 'performing' AS abandoned
)
SELECT * FROM taken ORDER BY priority DESC, due_at, key
"""
# In the order of their keys, as everybody does who takes several locks.
_RENEW = """
WITH held AS (
    SELECT e.key FROM effects AS e JOIN unnest($4::text[], $5::integer[]) AS mine (key, attempts) USING (key)
     WHERE e.tenant = $1 AND e.status = 'performing' AND e.attempts = mine.attempts ORDER BY key FOR UPDATE OF e
)
UPDATE effects AS e SET lease_until = {now} + $3::bigint FROM held WHERE e.tenant = $1 AND e.key = held.key
"""
CLAIM_DUE, RENEW = _CLAIM_DUE.format(now=_NOW), _RENEW.format(now=_NOW)
SETTLE = """
UPDATE effects SET status = $4, due_at = $5, reason = $6, settled_at = $7, detail = $8, closed = $9, lease_until = NULL
 WHERE tenant = $1 AND key = $2 AND status = 'performing' AND attempts = $3
"""
REPLAY = """
UPDATE effects SET status = 'pending', due_at = $3, max_attempts = attempts + $4, settled_at = NULL
 WHERE tenant = $1 AND key = $2 AND status IN ('dead', 'parked') RETURNING key
"""
_CANCEL = """
UPDATE effects SET status = 'cancelled', settled_at = {now}
 WHERE tenant = $1 AND key = $3 AND status IN ('pending', 'dead', 'parked') RETURNING key
"""
# In the order of their keys, as everybody does who takes several locks.
_PROMISE = """
INSERT INTO effects (tenant, conversation_id, status, attempts, created_at, priority,
                     run_id, key, kind, payload, repeatable, max_attempts, due_at)
SELECT $1, '', 'pending', 0, {now}, 0, p.*
  FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::integer[], $9::bigint[])
    AS p (run_id, key, kind, payload, repeatable, max_attempts, due_at) ORDER BY p.key
ON CONFLICT DO NOTHING
"""
CANCEL, PROMISE = _CANCEL.format(now=_NOW), _PROMISE.format(now=_NOW)


async def claim_due(
    db: Connections, tenant: Tenant, due_at: int, lease: Lease, limit: int, busy: frozenset[str]
) -> list[KeptEffect]:
    """Take what is due, by priority and then by time; also what a performer began and did not live to settle.

    Times in microseconds. What another performer is taking at the same moment is left to them.
    """
    rows = await db.rows(CLAIM_DUE, tenant, lease.now, lease.seconds, due_at, limit, sorted(busy))
    return [replace(effect_of(row), abandoned=row["abandoned"]) for row in rows]


async def renew(db: Connections, tenant: Tenant, kept: Sequence[KeptEffect], lease: Lease) -> None:
    """Extend the leases of attempts that nobody else has taken."""
    keys, attempts = [one.key for one in kept], [one.attempts for one in kept]
    await db.rows(RENEW, tenant, lease.now, lease.seconds, keys, attempts)


async def settle(db: Connections, tenant: Tenant, kept: KeptEffect) -> None:
    """Store what became of an attempt; the number of the attempt says whether it is still the caller's."""
    await db.rows(SETTLE, tenant, kept.key, kept.attempts, *settled(kept))


async def promise(db: Connections, tenant: Tenant, rows: Sequence[Values], at: int | None) -> None:
    """Keep effects that no run brought, but those that are kept. Without a time, the database's clock counts."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        await db.rows(PROMISE, tenant, at, *columns)


async def replay(db: Connections, tenant: Tenant, key: EffectKey, at: int, attempts: int) -> bool:
    """Make what is dead or parked due again; whether it was one of them."""
    return len(await db.rows(REPLAY, tenant, key, at, attempts)) == 1


async def cancel(db: Connections, tenant: Tenant, key: EffectKey, at: int | None) -> bool:
    """Take what nobody performs off the list for good; whether it was there."""
    return len(await db.rows(CANCEL, tenant, at, key)) == 1
