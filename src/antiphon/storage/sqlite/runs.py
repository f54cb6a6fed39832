"""The hot path on SQLite: accept, claim, commit. Plain functions of a connection inside a transaction.

A conversation's runs are worked strictly in order: `last_position` counts what was accepted, `worked` what was
worked. It waits when the two differ: then the run at `worked + 1` is there. Erased runs leave gaps, which whoever
moves `worked` skips. Every change of hands moves the fence.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from antiphon.core.chain import FIRST_HEAD, SealedEvent
from antiphon.core.conversation import Conversation
from antiphon.core.errors import IdempotencyKeyReused, LeaseLost
from antiphon.core.names import ConversationId, PackName, Position, Tenant
from antiphon.core.run import ENDED, Accepted, Arrival, Claim, Run
from antiphon.ports import CompletedTurn
from antiphon.storage.codec import EMPTY_STATE, Row, dump, run_of, scoped_key, state_of, to_micros
from antiphon.storage.sqlite.processes import change_processes
from antiphon.storage.turn_rows import Values, effect_rows, event_rows, lead_rows, shown, step_rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """Who wants a conversation, since when and until when (microseconds)."""

    owner: str
    now: int
    until: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Committed:
    """What became of a turn, and the claim to go on with when more waits."""

    abandoned: bool = False  # for a newer message; nothing was stored
    following: Claim | None = None


# Accept


def accept(db: sqlite3.Connection, tenant: Tenant, arrival: Arrival, lease: Lease | None) -> Accepted:
    """Store an arrival as a queued run; with a lease, claim the conversation if it is free and the run is next."""
    if (known := _run_of_key(db, tenant, arrival)) is not None:
        return Accepted(run=known, replay=True)
    row = _conversation_at(db, tenant, arrival) or _begin(db, tenant, arrival)
    position = row["last_position"] + 1
    claimed = lease is not None and row["worked"] == row["last_position"] and _is_free(row, lease.now)
    run = Run(
        id=arrival.run_id,
        conversation_id=row["id"],
        position=position,
        pack=arrival.pack,
        change=arrival.change,
        status="running" if claimed else "queued",
        attempts=1 if claimed else 0,
        created_at=arrival.at,
    )
    _insert_run(db, tenant, run, arrival)
    if not claimed or lease is None:
        db.execute(
            "UPDATE conversations SET last_position = ? WHERE tenant = ? AND id = ?",
            (position, tenant, row["id"]),
        )
        return Accepted(run=run)
    fence = row["fence"] + 1
    db.execute(
        "UPDATE conversations SET last_position = ?, fence = ?, lease_owner = ?, lease_until = ?"
        " WHERE tenant = ? AND id = ?",
        (position, fence, lease.owner, lease.until, tenant, row["id"]),
    )
    return Accepted(run=run, claim=_claim_of(row, fence, (run,)))


def _run_of_key(db: sqlite3.Connection, tenant: Tenant, arrival: Arrival) -> Run | None:
    if arrival.idempotency_key is None:
        return None
    if arrival.key_since is not None:
        db.execute(
            "UPDATE runs SET idempotency_key = NULL WHERE tenant = ? AND idempotency_key = ? AND created_at < ?",
            (tenant, scoped_key(arrival), to_micros(arrival.key_since)),
        )
    row = db.execute(
        "SELECT * FROM runs WHERE tenant = ? AND idempotency_key = ?", (tenant, scoped_key(arrival))
    ).fetchone()
    if row is None:
        return None
    if row["fingerprint"] != arrival.fingerprint:
        raise IdempotencyKeyReused
    return run_of(row)


def _conversation_at(db: sqlite3.Connection, tenant: Tenant, arrival: Arrival) -> Row | None:
    return db.execute(
        "SELECT c.* FROM addresses a JOIN conversations c"
        " ON c.tenant = a.tenant AND c.contact_id = a.contact_id AND c.pack = ?"
        " WHERE a.tenant = ? AND a.space = ? AND a.address = ?",
        (arrival.pack, tenant, arrival.space, arrival.address),
    ).fetchone()


def _begin(db: sqlite3.Connection, tenant: Tenant, arrival: Arrival) -> Row:
    """The first conversation of a person with a pack; the person too, when nobody has seen them before."""
    at = to_micros(arrival.at)
    known = db.execute(
        "SELECT contact_id FROM addresses WHERE tenant = ? AND space = ? AND address = ?",
        (tenant, arrival.space, arrival.address),
    ).fetchone()
    contact_id = known["contact_id"] if known else arrival.contact_id
    if known is None:
        db.execute(
            "INSERT INTO contacts (tenant, id, created_at, name) VALUES (?, ?, ?, ?)",
            (tenant, contact_id, at, arrival.contact_name or ""),
        )
        db.execute(
            "INSERT INTO addresses (tenant, space, address, contact_id) VALUES (?, ?, ?, ?)",
            (tenant, arrival.space, arrival.address, contact_id),
        )
    return db.execute(
        "INSERT INTO conversations (tenant, id, pack, contact_id, pack_version, space, address, state, sequence,"
        " head, last_position, worked, fence, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, 0, 0, ?, ?) RETURNING *",
        (
            tenant,
            arrival.conversation_id,
            arrival.pack,
            contact_id,
            arrival.pack_version,
            arrival.space,
            arrival.address,
            EMPTY_STATE,
            FIRST_HEAD,
            at,
            at,
        ),
    ).fetchone()


def _insert_run(db: sqlite3.Connection, tenant: Tenant, run: Run, arrival: Arrival) -> None:
    db.execute(
        "INSERT INTO runs (tenant, id, conversation_id, position, pack, change, status, attempts,"
        " idempotency_key, fingerprint, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            tenant,
            run.id,
            run.conversation_id,
            run.position,
            run.pack,
            dump(run.change),
            run.status,
            run.attempts,
            scoped_key(arrival),
            arrival.fingerprint,
            to_micros(run.created_at),
        ),
    )


# Claim and release


def claim(
    db: sqlite3.Connection,
    tenant: Tenant,
    conversation_id: ConversationId,
    lease: Lease,
    merge: frozenset[PackName],
) -> Claim | None:
    """Take a conversation for its next run, or None when it is taken or nothing waits."""
    row = _conversation(db, tenant, conversation_id)
    if row is None or row["worked"] == row["last_position"] or not _is_free(row, lease.now):
        return None
    return _take(db, tenant, row, lease, merge)


def _conversation(db: sqlite3.Connection, tenant: Tenant, conversation_id: ConversationId) -> Row | None:
    return db.execute("SELECT * FROM conversations WHERE tenant = ? AND id = ?", (tenant, conversation_id)).fetchone()


def _is_free(row: Row, now: int) -> bool:
    return row["lease_owner"] is None or row["lease_until"] <= now


def _take(db: sqlite3.Connection, tenant: Tenant, row: Row, lease: Lease, merge: frozenset[PackName]) -> Claim:
    if row["lease_owner"] is not None:  # taken over: what its last owner was working waits again
        db.execute(
            "UPDATE runs SET status = 'queued' WHERE tenant = ? AND conversation_id = ? AND position > ?",
            (tenant, row["id"], row["worked"]),
        )
    runs = _next_runs(db, tenant, row, row["pack"] in merge)
    fence = row["fence"] + 1
    db.execute(
        "UPDATE conversations SET fence = ?, lease_owner = ?, lease_until = ? WHERE tenant = ? AND id = ?",
        (fence, lease.owner, lease.until, tenant, row["id"]),
    )
    return _claim_of(row, fence, runs)


def _next_runs(db: sqlite3.Connection, tenant: Tenant, row: Row, merge: bool) -> tuple[Run, ...]:
    """The next run; with `merge`, all messages that wait at the head of the line."""
    waiting = db.execute(
        "UPDATE runs SET status = 'running', attempts = attempts + 1"
        " WHERE tenant = ? AND conversation_id = ? AND position BETWEEN ? AND ? RETURNING *",
        (
            tenant,
            row["id"],
            row["worked"] + 1,
            _last_to_take(db, tenant, row) if merge else row["worked"] + 1,
        ),
    ).fetchall()
    return tuple(sorted(map(run_of, waiting), key=lambda run: run.position))


def _last_to_take(db: sqlite3.Connection, tenant: Tenant, row: Row) -> Position:
    last: Position = row["worked"] + 1
    for position, change in db.execute(
        "SELECT position, change FROM runs WHERE tenant = ? AND conversation_id = ? AND position > ? ORDER BY position",
        (tenant, row["id"], row["worked"]),
    ):
        if orjson.loads(change)["kind"] != "message":
            break
        last = position
    return last


def _claim_of(row: Row, fence: int, runs: tuple[Run, ...]) -> Claim:
    return Claim(
        conversation_id=row["id"],
        contact_id=row["contact_id"],
        address=row["address"],
        pack=row["pack"],
        pack_version=row["pack_version"],
        fence=fence,
        runs=runs,
        conversation=state_of(row["state"]),
        sequence=row["sequence"],
        head=row["head"],
    )


def release(db: sqlite3.Connection, tenant: Tenant, held: Claim) -> None:
    """Give a claim back undone. Nothing happens when the fence has moved."""
    row = _conversation(db, tenant, held.conversation_id)
    if row is not None and row["fence"] == held.fence:
        _requeue(db, tenant, held)


def _requeue(db: sqlite3.Connection, tenant: Tenant, held: Claim) -> None:
    db.execute(
        "UPDATE conversations SET fence = fence + 1, lease_owner = NULL, lease_until = NULL"
        " WHERE tenant = ? AND id = ?",
        (tenant, held.conversation_id),
    )
    db.executemany(
        "UPDATE runs SET status = 'queued' WHERE tenant = ? AND id = ?",
        [(tenant, run.id) for run in held.runs],
    )


def renew(db: sqlite3.Connection, tenant: Tenant, held: list[Claim], until: int) -> None:
    """Extend the leases of claims whose fence has not moved."""
    db.executemany(
        "UPDATE conversations SET lease_until = ?"
        " WHERE tenant = ? AND id = ? AND fence = ? AND lease_owner IS NOT NULL",
        [(until, tenant, claim.conversation_id, claim.fence) for claim in held],
    )


def void_leases(db: sqlite3.Connection) -> None:
    """Forget every lease. For a process that owns the store alone and has just started."""
    db.execute("UPDATE conversations SET lease_until = 0 WHERE lease_owner IS NOT NULL")
    db.execute("UPDATE effects SET lease_until = 0 WHERE status = 'performing'")


# Commit


def commit(
    db: sqlite3.Connection,
    tenant: Tenant,
    turn: CompletedTurn,
    lease: Lease | None,
    merge: frozenset[PackName],
) -> Committed:
    """Store a turn whole, or abandon its draft for a newer message.

    Raises:
        LeaseLost: the fence has moved; nothing was stored.
    """
    held = turn.claim
    row = _conversation(db, tenant, held.conversation_id)
    if row is None or row["fence"] != held.fence or row["lease_owner"] is None:
        raise LeaseLost(conversation_id=held.conversation_id)
    if turn.refuse_if_newer and _newer_message(db, tenant, row, held):
        _requeue(db, tenant, held)
        return Committed(abandoned=True, following=_following(db, tenant, held, lease, merge))
    _store_state(db, tenant, turn, worked_after(db, tenant, row, held.run.position))
    show(db, tenant, row, turn.conversation, to_micros(turn.at))
    _finish_runs(db, tenant, turn)
    change_processes(db, tenant, turn)
    _append(db, tenant, turn)
    if held.run.position == row["last_position"]:
        return Committed()
    return Committed(following=_following(db, tenant, held, lease, merge))


def _following(
    db: sqlite3.Connection, tenant: Tenant, held: Claim, lease: Lease | None, merge: frozenset[PackName]
) -> Claim | None:
    return claim(db, tenant, held.conversation_id, lease, merge) if lease else None


def _newer_message(db: sqlite3.Connection, tenant: Tenant, row: Row, held: Claim) -> bool:
    if held.run.position == row["last_position"]:
        return False
    behind = db.execute(
        "SELECT change FROM runs WHERE tenant = ? AND conversation_id = ? AND position > ? ORDER BY position LIMIT 1",
        (tenant, held.conversation_id, held.run.position),
    ).fetchone()
    return behind is not None and orjson.loads(behind["change"])["kind"] == "message"


def worked_after(db: sqlite3.Connection, tenant: Tenant, row: Row, position: Position) -> Position:
    """Up to which position nothing waits any more, when all up to `position` was worked: erased runs leave gaps."""
    if position == row["last_position"]:
        return position
    (waiting,) = db.execute(
        "SELECT min(position) FROM runs WHERE tenant = ? AND conversation_id = ? AND position > ?",
        (tenant, row["id"], position),
    ).fetchone()
    return int(row["last_position"] if waiting is None else waiting - 1)


def _store_state(db: sqlite3.Connection, tenant: Tenant, turn: CompletedTurn, worked: Position) -> None:
    held = turn.claim
    last = turn.events[-1] if turn.events else None
    db.execute(
        "UPDATE conversations SET state = ?, sequence = ?, head = ?, worked = ?, fence = fence + 1,"
        " lease_owner = NULL, lease_until = NULL, updated_at = ? WHERE tenant = ? AND id = ?",
        (
            dump(turn.conversation),
            last.sequence if last else held.sequence,
            last.hash if last else held.head,
            worked,
            to_micros(turn.at),
            tenant,
            held.conversation_id,
        ),
    )


def show(db: sqlite3.Connection, tenant: Tenant, row: Row, state: Conversation, at: int) -> None:
    """What lists show beside a snapshot; most turns change nothing of it, and then no index is written."""
    columns: Values = shown(state)
    if columns == (row["status"], row["channels"], row["active_channel"]):
        return
    resolved_at = (row["resolved_at"] or at) if state.status == "resolved" else None
    db.execute(
        "UPDATE conversations SET status = ?, channels = ?, active_channel = ?, resolved_at = ?"
        " WHERE tenant = ? AND id = ?",
        (*columns, resolved_at, tenant, row["id"]),
    )


def _finish_runs(db: sqlite3.Connection, tenant: Tenant, turn: CompletedTurn) -> None:
    outcome = dump(turn.outcome)
    at = to_micros(turn.at) if turn.outcome.status in ENDED else None
    versions = dump(turn.versions) if turn.versions else None
    last = turn.claim.run
    db.executemany(
        "UPDATE runs SET status = ?, outcome = ?, intent = ?, finished_at = ?, versions = ?, merged_into = ?"
        " WHERE tenant = ? AND id = ?",
        [
            (
                turn.outcome.status,
                outcome,
                turn.outcome.intent,
                at,
                versions,
                last.id if run is not last else None,
                tenant,
                run.id,
            )
            for run in turn.claim.runs
        ],
    )


def _append(db: sqlite3.Connection, tenant: Tenant, turn: CompletedTurn) -> None:
    run_id, conversation_id, at = turn.claim.run.id, turn.claim.conversation_id, to_micros(turn.at)
    append_events(db, tenant, conversation_id, turn.events)
    db.executemany(
        "INSERT INTO steps (tenant, run_id, place, node, agent, action, output, why, ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(tenant, run_id, *values) for values in step_rows(turn)],
    )
    db.executemany(
        "INSERT INTO effects (tenant, run_id, conversation_id, pack, created_at, status, attempts,"
        " key, kind, payload, repeatable, max_attempts, priority, due_at, binding_id)"
        " VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(tenant, run_id, conversation_id, turn.claim.pack, at, *values) for values in effect_rows(turn)],
    )
    db.executemany(
        'INSERT INTO leads (tenant, conversation_id, run_id, captured_at, id, pack, form, "values", status)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(tenant, conversation_id, run_id, at, *values) for values in lead_rows(turn)],
    )


def append_events(
    db: sqlite3.Connection, tenant: Tenant, conversation_id: ConversationId, events: Sequence[SealedEvent]
) -> None:
    """Put events at the end of a conversation's log."""
    db.executemany(
        "INSERT INTO events (tenant, conversation_id, sequence, kind, at, payload, key, digest, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(tenant, conversation_id, *values) for values in event_rows(events)],
    )


def next_number(db: sqlite3.Connection, tenant: Tenant, counter: str) -> int:
    """The next number of a counter, from 1."""
    row = db.execute(
        "INSERT INTO counters (tenant, name, value) VALUES (?, ?, 1)"
        " ON CONFLICT (tenant, name) DO UPDATE SET value = value + 1 RETURNING value",
        (tenant, counter),
    ).fetchone()
    return int(row["value"])
