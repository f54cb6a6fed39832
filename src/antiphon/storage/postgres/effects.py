"""Effects on PostgreSQL: what is due, and what became of it."""

from dataclasses import replace

from antiphon.core.effect import KeptEffect
from antiphon.core.names import Tenant
from antiphon.storage.codec import effect_of, to_micros
from antiphon.storage.postgres.connections import Connections
from antiphon.storage.postgres.functions import call


async def claim_due(
    db: Connections, tenant: Tenant, due_at: int, now: int | None, lease: int, limit: int
) -> list[KeptEffect]:
    """Take what is due, by priority and then by time; also what a performer began and did not live to settle.

    Times in microseconds; leases end on the database's clock unless `now` is given. What another performer is taking
    at the same moment is left to them.
    """
    rows = await db.rows(call("antiphon_claim_due", 5), tenant, due_at, now, lease, limit)
    return [replace(effect_of(row), abandoned=row["abandoned"]) for row in rows]


async def settle(db: Connections, tenant: Tenant, kept: KeptEffect) -> None:
    """Store what became of an attempt; the number of the attempt says whether it is still the caller's."""
    await db.rows(
        "UPDATE effects SET status = $3, due_at = $4, reason = $5, lease_until = NULL"
        " WHERE tenant = $1 AND key = $2 AND status = 'performing' AND attempts = $6",
        *(tenant, kept.key, kept.status, to_micros(kept.due_at), kept.reason, kept.attempts),
    )
