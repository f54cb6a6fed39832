"""People as rows and back."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import orjson

from antiphon.core.contact import ContactAddress, ContactDetails
from antiphon.ports import ContactRecord
from antiphon.storage.codec import Row, dump, to_moment
from antiphon.storage.turn_rows import Values


def contact_columns(details: ContactDetails) -> Values:
    """External_id, name, role, organization, tags, metadata."""
    return (
        details.external_id,
        details.name,
        details.role,
        details.organization,
        dump(details.tags),
        dump(details.metadata),
    )


def address_rows(addresses: Sequence[ContactAddress]) -> list[Values]:
    """Space, address, preferred, verified; in one order, as everybody does who takes several locks."""
    latest = {(one.space, one.address): (int(one.preferred), int(one.verified)) for one in addresses}
    return [(*key, *latest[key]) for key in sorted(latest)]


def details_of(row: Row, addresses: tuple[ContactAddress, ...] = ()) -> ContactDetails:
    """What a row of `contacts` says."""
    return ContactDetails(
        external_id=row["external_id"],
        name=row["name"],
        addresses=addresses,
        role=row["role"],
        organization=row["organization"],
        tags=tuple(orjson.loads(row["tags"])),
        metadata=orjson.loads(row["metadata"]),
    )


def contact_row(row: Row) -> ContactRecord:
    """A row of `contacts`, with one of the addresses or none."""
    address = None
    if row["space"] is not None:
        address = ContactAddress(
            space=row["space"],
            address=row["address"],
            preferred=bool(row["preferred"]),
            verified=bool(row["verified"]),
        )
    details = details_of(row, addresses=(address,) if address else ())
    return ContactRecord(id=row["id"], details=details, created_at=to_moment(row["created_at"]))


def contacts_of(rows: Sequence[ContactRecord]) -> list[ContactRecord]:
    """People with all their addresses, of rows with one each that stand together."""
    return [_joined(list(same)) for _, same in groupby(rows, key=lambda row: row.id)]


def _joined(rows: list[ContactRecord]) -> ContactRecord:
    addresses = tuple(address for row in rows for address in row.details.addresses)
    return replace(rows[0], details=replace(rows[0].details, addresses=addresses))
