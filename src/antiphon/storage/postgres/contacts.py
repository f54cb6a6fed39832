"""People on PostgreSQL: what is known of them, and the addresses that lead to them."""

from antiphon.core.contact import ContactDetails, joined, may_be
from antiphon.core.errors import StoreUnavailable
from antiphon.core.names import ContactId, Tenant
from antiphon.storage.contact_rows import address_rows, contact_columns, details_of
from antiphon.storage.postgres.connections import Connections, Record
from antiphon.storage.postgres.functions import call

TRIES = 10  # others may save the same person at the same moment

# The one with that external id first, then whoever has the addresses, in their order.
_FIND = """
SELECT c.*, 0 AS place FROM contacts c WHERE c.tenant = $1 AND c.external_id = $2
UNION ALL
SELECT c.*, asked.place FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS asked (space, address, place)
  JOIN addresses a ON a.tenant = $1 AND a.space = asked.space AND a.address = asked.address
  JOIN contacts c ON c.tenant = $1 AND c.id = a.contact_id
 ORDER BY place
"""


async def save(db: Connections, tenant: Tenant, told: ContactDetails, contact_id: ContactId, at: int) -> ContactId:
    """Keep what is known of a person; whose id it is."""
    addresses = [list(column) for column in zip(*address_rows(told.addresses), strict=True)] or [[], [], [], []]
    for _ in range(TRIES):
        row = await _known(db, tenant, told)
        before = None if row is None else list(contact_columns(details_of(row)))
        after = told if row is None else joined(details_of(row), told)
        saved = contact_id if row is None else str(row["id"])
        values = (tenant, saved, before, list(contact_columns(after)), at, *addresses)
        ((done,),) = await db.rows(call("antiphon_save_contact", len(values)), *values)
        if done:
            return saved
    raise StoreUnavailable(reason="too many save the same person", in_doubt=False)


async def _known(db: Connections, tenant: Tenant, told: ContactDetails) -> Record | None:
    spaces, addresses = [one.space for one in told.addresses], [one.address for one in told.addresses]
    found = await db.rows(_FIND, tenant, told.external_id, spaces, addresses)
    return next((row for row in found if may_be(details_of(row), told)), None)
