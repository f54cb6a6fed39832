"""Two addresses of one person, such as a number and a user id: whichever comes later leads to the same conversation."""

import time
from collections import OrderedDict

from starlette.requests import HTTPConnection

from antiphon.engine.service import Service
from antiphon.ports import ContactAddress, ContactDetails

MAX_KNOWN = 10_000  # pairs that need not be looked at again
KNOWN_SECONDS = 3600.0  # somebody who was erased and comes back is joined anew after that


class Links:
    """Joins addresses in the store, and remembers for a while which ones are."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    async def join(self, service: Service, space: str, address: str, other: str, name: str | None) -> None:
        """See that both lead to the same person. A name is given to whoever has none; it replaces nobody's.

        Where each is somebody's already, they stay two people.
        """
        pair = (space, address, other)
        if self._known.get(pair, 0.0) > time.monotonic():
            return
        engine = service.engine
        store, now = engine.store, engine.clock.now()
        both = tuple(ContactAddress(space=space, address=one) for one in (address, other))
        details = ContactDetails(external_id=None, name="", addresses=both)
        contact_id = await store.save_contact(details, engine.ids.new(), now)
        record = await store.contact(contact_id)
        if name and record and not record.details.name:
            await store.save_contact(ContactDetails(external_id=None, name=name, addresses=both), contact_id, now)
        self._known[pair] = time.monotonic() + KNOWN_SECONDS
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)


def links_of(connection: HTTPConnection) -> Links:
    """Those of the application."""
    state = connection.app.state
    if not hasattr(state, "links"):
        state.links = Links()
    links: Links = state.links
    return links
