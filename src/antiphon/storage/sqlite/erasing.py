"""Erasing on SQLite: the rows of a turn, and what its events said. What is deleted is overwritten (`secure_delete`)."""

import sqlite3

from antiphon.core.names import Tenant
from antiphon.ports import Erasure
from antiphon.storage.codec import Row, dump, to_micros
from antiphon.storage.sqlite.processes import keep_bindings
from antiphon.storage.sqlite.runs import append_events, show, worked_after


def erase(db: sqlite3.Connection, tenant: Tenant, erasure: Erasure) -> bool:
    """Erase the runs of one turn, unless the log is longer than expected."""
    found = "SELECT * FROM conversations WHERE tenant = ? AND id = ?"
    row = db.execute(found, (tenant, erasure.conversation_id)).fetchone()
    if row is None or row["sequence"] != erasure.expected:
        return False
    for run_id in erasure.run_ids:
        db.execute("DELETE FROM runs WHERE tenant = ? AND id = ?", (tenant, run_id))
        db.execute("DELETE FROM steps WHERE tenant = ? AND run_id = ?", (tenant, run_id))
        db.execute("DELETE FROM leads WHERE tenant = ? AND run_id = ?", (tenant, run_id))
        db.execute(  # whose keys begin with the run, and that is indexed
            "DELETE FROM effects WHERE tenant = ? AND key > ? AND key < ? AND run_id = ?",
            (tenant, f"{run_id}:", f"{run_id};", run_id),
        )
    db.executemany(
        "UPDATE events SET payload = NULL, key = NULL WHERE tenant = ? AND conversation_id = ? AND sequence = ?",
        [(tenant, row["id"], sequence) for sequence in erasure.events],
    )
    append_events(db, tenant, row["id"], erasure.tombstones)
    _store_rest(db, tenant, row, erasure)
    show(db, tenant, row, erasure.conversation, to_micros(erasure.at))
    keep_bindings(db, tenant, row["pack"], erasure)
    _forget_address(db, tenant, row, erasure)
    return True


def _store_rest(db: sqlite3.Connection, tenant: Tenant, row: Row, erasure: Erasure) -> None:
    """What is left of the conversation. Whoever held it loses it."""
    worked, last = worked_after(db, tenant, row, row["worked"]), erasure.tombstones[-1]
    db.execute(
        "UPDATE runs SET status = 'queued'"
        " WHERE tenant = ? AND conversation_id = ? AND position > ? AND status = 'running'",
        (tenant, row["id"], row["worked"]),
    )
    db.execute(
        "UPDATE conversations SET state = ?, sequence = ?, head = ?, worked = ?, fence = fence + 1,"
        " lease_owner = NULL, lease_until = NULL, updated_at = ? WHERE tenant = ? AND id = ?",
        (dump(erasure.conversation), last.sequence, last.hash, worked, to_micros(erasure.at), tenant, row["id"]),
    )


def _forget_address(db: sqlite3.Connection, tenant: Tenant, row: Row, erasure: Erasure) -> None:
    """Forget a person who was known by the run's own id, and has no other conversation or address."""
    if row["address"] not in erasure.run_ids:
        return
    of_conversation = "SELECT 1 FROM runs WHERE tenant = ? AND conversation_id = ? LIMIT 1"
    if db.execute(of_conversation, (tenant, row["id"])).fetchone() is not None:
        return
    db.execute(
        "DELETE FROM addresses WHERE tenant = ? AND space = ? AND address = ? AND contact_id = ?",
        (tenant, row["space"], row["address"], row["contact_id"]),
    )
    db.execute(
        "DELETE FROM contacts WHERE tenant = ? AND id = ?"
        " AND NOT EXISTS (SELECT 1 FROM conversations WHERE conversations.tenant = ? AND contact_id = ?"
        " AND conversations.id <> ?)"
        " AND NOT EXISTS (SELECT 1 FROM addresses WHERE addresses.tenant = ? AND contact_id = ?)",
        (tenant, row["contact_id"], tenant, row["contact_id"], row["id"], tenant, row["contact_id"]),
    )
