"""What turns and erasures do to bindings and follow-ups on SQLite. Nothing is executed where nothing is to be done."""

import sqlite3

from antiphon.core.event import BindingBegun, BindingMigrated, BindingMoved
from antiphon.core.names import PackName, Tenant
from antiphon.ports import Cancel, CompletedTurn, Erasure
from antiphon.storage.binding_rows import BINDING_COLUMNS, begun_row, moved_row, record_row
from antiphon.storage.codec import dump, to_micros

_PLACES = ", ".join("?" * (1 + len(BINDING_COLUMNS)))
_INSERT = f"INSERT INTO bindings (tenant, {', '.join(BINDING_COLUMNS)}) VALUES ({_PLACES})"  # noqa: S608 - ours
_OF_CONVERSATION = "WHERE tenant = ? AND conversation_id = ? AND kind IN ('followup', 'check')"


def change_processes(db: sqlite3.Connection, tenant: Tenant, turn: CompletedTurn) -> None:
    """The bindings that a turn began or moved, and the effects of before that it cancels or closes."""
    for event in turn.bindings:
        _change_binding(db, tenant, turn, event)
    for cancel in turn.cancels:
        _cancel(db, tenant, turn, cancel)
    if turn.closes:
        db.execute(
            f"UPDATE effects SET closed = ? {_OF_CONVERSATION}"  # noqa: S608 - our own words
            " AND kind = 'followup' AND status = 'done' AND closed = ''",
            (turn.closes, tenant, turn.claim.conversation_id),
        )


def _change_binding(
    db: sqlite3.Connection, tenant: Tenant, turn: CompletedTurn, event: BindingBegun | BindingMoved | BindingMigrated
) -> None:
    if isinstance(event, BindingBegun):
        db.execute(_INSERT, (tenant, *begun_row(turn, event)))
        return
    db.execute(
        "UPDATE bindings SET version = ?, state = ?, is_terminal = ?, updated_at = ?, resolved_at = ?"
        " WHERE tenant = ? AND id = ?",
        (*moved_row(turn, event), tenant, event.binding_id),
    )


def _cancel(db: sqlite3.Connection, tenant: Tenant, turn: CompletedTurn, cancel: Cancel) -> None:
    db.execute(
        f"UPDATE effects SET status = 'cancelled', settled_at = ? {_OF_CONVERSATION}"  # noqa: S608 - our own words
        " AND status = 'pending' AND kind IN (SELECT value FROM json_each(?)) AND (? IS NULL OR binding_id = ?)",
        (
            to_micros(turn.at),
            tenant,
            turn.claim.conversation_id,
            dump(sorted(cancel.kinds)),
            cancel.binding_id,
            cancel.binding_id,
        ),
    )


def keep_bindings(db: sqlite3.Connection, tenant: Tenant, pack: PackName, erasure: Erasure) -> None:
    """Nothing but what an erasure leaves of a conversation's bindings; nobody is reminded of those that are gone."""
    db.execute(
        "DELETE FROM bindings WHERE tenant = ? AND pack = ? AND conversation_id = ?",
        (tenant, pack, erasure.conversation_id),
    )
    db.executemany(_INSERT, [(tenant, *record_row(one)) for one in erasure.bindings])
    db.execute(
        f"UPDATE effects SET status = 'cancelled', settled_at = ? {_OF_CONVERSATION}"  # noqa: S608 - our own words
        " AND status = 'pending' AND binding_id IS NOT NULL AND binding_id NOT IN (SELECT value FROM json_each(?))",
        (to_micros(erasure.at), tenant, erasure.conversation_id, dump([one.id for one in erasure.bindings])),
    )
