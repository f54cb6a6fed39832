"""People on SQLite: what is known of them, and the addresses that lead to them."""

import sqlite3

from antiphon.core.contact import ContactDetails, joined, may_be
from antiphon.core.names import ContactId, Tenant
from antiphon.storage.codec import Row
from antiphon.storage.contact_rows import address_rows, contact_columns, details_of


def save(db: sqlite3.Connection, tenant: Tenant, told: ContactDetails, contact_id: ContactId, at: int) -> ContactId:
    """Keep what is known of a person; whose id it is."""
    row = _known(db, tenant, told)
    if row is None:
        db.execute(
            "INSERT INTO contacts (tenant, id, created_at, external_id, name, role, organization, tags, metadata)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (tenant, contact_id, at, *contact_columns(told)),
        )
    else:
        contact_id = row["id"]
        db.execute(
            "UPDATE contacts SET external_id = ?, name = ?, role = ?, organization = ?, tags = ?, metadata = ?"
            " WHERE tenant = ? AND id = ?",
            (*contact_columns(joined(details_of(row), told)), tenant, contact_id),
        )
    db.executemany(
        "INSERT INTO addresses (tenant, contact_id, space, address, preferred, verified) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (tenant, space, address) DO UPDATE SET preferred = excluded.preferred,"
        " verified = excluded.verified WHERE addresses.contact_id = excluded.contact_id",
        [(tenant, contact_id, *values) for values in address_rows(told.addresses)],
    )
    return contact_id


def _known(db: sqlite3.Connection, tenant: Tenant, told: ContactDetails) -> Row | None:
    if told.external_id is not None:
        row = db.execute(
            "SELECT * FROM contacts WHERE tenant = ? AND external_id = ?", (tenant, told.external_id)
        ).fetchone()
        if row is not None:
            return row
    for one in told.addresses:
        row = db.execute(
            "SELECT c.* FROM addresses a JOIN contacts c ON c.tenant = a.tenant AND c.id = a.contact_id"
            " WHERE a.tenant = ? AND a.space = ? AND a.address = ?",
            (tenant, one.space, one.address),
        ).fetchone()
        if row is not None and may_be(details_of(row), told):
            return row
    return None
