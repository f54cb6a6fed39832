"""The hot path on PostgreSQL: one call of a function each. `functions.sql` says what they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from asyncpg.exceptions import UniqueViolationError

from antiphon.core.chain import FIRST_HEAD, SealedEvent
from antiphon.core.change import Change
from antiphon.core.errors import IdempotencyKeyReused, LeaseLost
from antiphon.core.names import ConversationId, PackName, Tenant
from antiphon.core.run import ENDED, Accepted, Arrival, Claim, Run
from antiphon.ports import CompletedTurn, Erasure
from antiphon.storage.codec import EMPTY_STATE, dump, scoped_key, state_of, to_micros, to_moment
from antiphon.storage.postgres.connections import Connections, Record
from antiphon.storage.postgres.functions import call
from antiphon.storage.postgres.processes import changed_processes, kept_bindings
from antiphon.storage.turn_rows import Values, effect_rows, event_rows, lead_rows, shown, step_rows

ACCEPT_TRIES = 3  # a key that somebody else used at the same moment is known at the second
KEY_INDEX = "runs_by_idempotency_key"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """Who wants a conversation and for how long. Times in microseconds."""

    owner: str | None  # None: nobody wants it
    seconds: int  # how long, in microseconds
    now: int | None  # None: the database's clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An arrival whose idempotency key, or whose run, is in the store already."""

    run_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Committed:
    """What became of a turn, and the claim to go on with when more waits."""

    abandoned: bool = False  # for a newer message; nothing was stored
    following: Claim | None = None


async def accept(db: Connections, tenant: Tenant, arrival: Arrival, lease: Lease) -> Accepted | Known:
    """Store an arrival as a queued run; with an owner, claim the conversation if it is free and the run is next."""
    values = (
        tenant,
        arrival.pack,
        arrival.pack_version,
        arrival.space,
        arrival.address,
        arrival.contact_id,
        arrival.conversation_id,
        arrival.run_id,
        dump(arrival.change),
        scoped_key(arrival),
        arrival.fingerprint,
        to_micros(arrival.key_since) if arrival.key_since else None,
        to_micros(arrival.at),
        EMPTY_STATE,
        FIRST_HEAD,
        arrival.contact_name or "",
        lease.owner,
        lease.now,
        lease.seconds,
    )
    for _ in range(ACCEPT_TRIES - 1):
        try:
            return _accepted(await db.rows(call("antiphon_accept", len(values)), *values), arrival)
        except UniqueViolationError as error:
            if error.constraint_name != KEY_INDEX:
                raise
    return _accepted(await db.rows(call("antiphon_accept", len(values)), *values), arrival)


def _accepted(rows: list[Record], arrival: Arrival) -> Accepted | Known:
    (row,) = rows
    if row["verdict"] == "reused":
        raise IdempotencyKeyReused
    if row["verdict"] == "known":
        return Known(run_id=row["run_id"])
    run = Run(
        id=arrival.run_id,
        conversation_id=row["conversation_id"],
        position=row["position"],
        pack=arrival.pack,
        change=arrival.change,
        status="running" if row["verdict"] == "claimed" else "queued",
        attempts=row["attempts"],
        created_at=arrival.at,
    )
    return Accepted(run=run, claim=_claim_of(row, (run,)) if row["verdict"] == "claimed" else None)


async def claim(
    db: Connections, tenant: Tenant, conversation_id: ConversationId, lease: Lease, merge: frozenset[PackName]
) -> Claim | None:
    """Take a conversation for its next run, or None when it is taken or nothing waits."""
    values = (tenant, conversation_id, lease.owner, list(merge), lease.now, lease.seconds)
    return _claimed(await db.rows(call("antiphon_claim", len(values)), *values))


async def commit(
    db: Connections, tenant: Tenant, turn: CompletedTurn, lease: Lease, merge: frozenset[PackName]
) -> Committed:
    """Store a turn whole, or abandon its draft for a newer message.

    Raises:
        LeaseLost: the fence has moved; nothing was stored.
    """
    values = _values_of(tenant, turn, lease, merge)
    done, *following = await db.rows(call("antiphon_commit", len(values)), *values)
    if done["verdict"] == "lost":
        raise LeaseLost(conversation_id=turn.claim.conversation_id)
    return Committed(abandoned=done["verdict"] == "abandoned", following=_claimed(following))


def _values_of(tenant: Tenant, turn: CompletedTurn, lease: Lease, merge: frozenset[PackName]) -> Values:
    held = turn.claim
    last = turn.events[-1] if turn.events else None
    return (
        tenant,
        held.conversation_id,
        held.fence,
        held.run.position,
        [run.id for run in held.runs],
        turn.refuse_if_newer,
        dump(turn.conversation),
        last.sequence if last else held.sequence,
        last.hash if last else held.head,
        to_micros(turn.at),
        turn.outcome.status,
        dump(turn.outcome),
        turn.outcome.intent,
        to_micros(turn.at) if turn.outcome.status in ENDED else None,
        dump(turn.versions) if turn.versions else None,
        *shown(turn.conversation),
        changed_processes(tenant, turn),
        lease.owner,
        list(merge),
        lease.now,
        lease.seconds,
        *_columns(event_rows(turn.events), 7),
        *_columns(step_rows(turn), 7),
        *_columns(effect_rows(turn), 8),
        *_columns(lead_rows(turn), 5),
    )


def _columns(rows: Sequence[Values], width: int) -> list[list[Any]]:
    """Rows as columns, which is how one statement takes many: an array each."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


async def release(db: Connections, tenant: Tenant, held: Claim) -> None:
    """Give a claim back undone. Nothing happens when the fence has moved."""
    values = (tenant, held.conversation_id, held.fence, [run.id for run in held.runs])
    await db.rows(call("antiphon_release", len(values)), *values)


async def erase(db: Connections, tenant: Tenant, erasure: Erasure) -> bool:
    """Erase the runs of one turn, unless the log is longer than expected."""
    values = (
        tenant,
        erasure.conversation_id,
        erasure.expected,
        list(erasure.run_ids),
        list(erasure.events),
        dump(erasure.conversation),
        to_micros(erasure.at),
        *shown(erasure.conversation),
        kept_bindings(tenant, erasure),
        *_columns(event_rows(erasure.tombstones), 7),
    )
    ((done,),) = await db.rows(call("antiphon_erase", len(values)), *values)
    return bool(done)


async def renew(db: Connections, tenant: Tenant, held: Sequence[Claim], lease: Lease) -> None:
    """Extend the leases of claims whose fence has not moved."""
    await db.rows(
        call("antiphon_renew", 5),
        tenant,
        [claim.conversation_id for claim in held],
        [claim.fence for claim in held],
        lease.now,
        lease.seconds,
    )


# What nobody was told of, because the connection was lost before the answer came


async def stored(
    db: Connections, tenant: Tenant, conversation_id: ConversationId, events: Sequence[SealedEvent]
) -> bool:
    """Whether events are in the store. No two turns have a last one of the same hash, since each has a random key."""
    if not events:
        return False
    last = events[-1]
    found = await db.rows(
        "SELECT FROM events WHERE tenant = $1 AND conversation_id = $2 AND sequence = $3 AND hash = $4",
        *(tenant, conversation_id, last.sequence, last.hash),
    )
    return bool(found)


async def void(db: Connections, tenant: Tenant, conversation_id: ConversationId, owner: str) -> None:
    """End the lease that an owner got and does not know of, so that it can be claimed again."""
    await db.rows(
        "UPDATE conversations SET lease_until = 0 WHERE tenant = $1 AND id = $2 AND lease_owner = $3",
        *(tenant, conversation_id, owner),
    )


async def next_number(db: Connections, tenant: Tenant, counter: str) -> int:
    """The next number of a counter, from 1."""
    (row,) = await db.rows(
        "INSERT INTO counters AS c (tenant, name, value) VALUES ($1, $2, 1)"
        " ON CONFLICT (tenant, name) DO UPDATE SET value = c.value + 1 RETURNING value",
        *(tenant, counter),
    )
    return int(row["value"])


# Rows to claims


def _claimed(rows: list[Record]) -> Claim | None:
    """A claim from its rows, one a run, in any order."""
    if not rows:
        return None
    runs = sorted(map(_running, rows), key=lambda run: run.position)
    return _claim_of(rows[0], tuple(runs))


def _running(row: Record) -> Run:
    return Run(
        id=row["run_id"],
        conversation_id=row["conversation_id"],
        position=row["position"],
        pack=row["pack"],
        change=Change.from_facts(orjson.loads(row["change"])),
        status="running",
        attempts=row["attempts"],
        created_at=to_moment(row["created_at"]),
    )


def _claim_of(row: Record, runs: tuple[Run, ...]) -> Claim:
    return Claim(
        conversation_id=row["conversation_id"],
        contact_id=row["contact_id"],
        address=row["address"],
        pack=row["pack"],
        pack_version=row["pack_version"],
        fence=row["fence"],
        runs=runs,
        conversation=state_of(row["state"]),
        sequence=row["sequence"],
        head=row["head"],
    )
