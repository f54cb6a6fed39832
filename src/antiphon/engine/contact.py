"""Contacts of the business: fetched from its own system, and kept with their channels."""

import logging

from antiphon.core.backend import BackendContact
from antiphon.core.errors import BackendError
from antiphon.engine.engine import Engine
from antiphon.ports import ContactAddress, ContactDetails, ContactRecord

log = logging.getLogger(__name__)


async def known_contact(engine: Engine, external_id: str) -> ContactRecord | None:
    """The person whom the business knows by that id, as it tells now; None when nobody knows them.

    Raises:
        BackendError: it cannot be asked, and nobody here knows them.
    """
    known = await engine.store.contact_of(external_id)
    if engine.backend is None:
        return known
    try:
        told = await engine.backend.get_contact(external_id)
    except BackendError as error:
        if known is None:
            raise
        log.warning("contact %s stays as it is known: %s", external_id, error)
        return known
    if told is None:
        return known
    contact_id = await engine.store.save_contact(details_of(told), engine.ids.new(), engine.clock.now())
    return await engine.store.contact(contact_id)


def details_of(contact: BackendContact) -> ContactDetails:
    """A contact in the words of the store."""
    return ContactDetails(
        external_id=contact.id,
        name=contact.name,
        addresses=tuple(
            ContactAddress(space=one.channel, address=one.address, preferred=one.preferred) for one in contact.addresses
        ),
        role=contact.role,
        organization=contact.organization,
        tags=contact.tags,
        metadata=contact.data,
    )
