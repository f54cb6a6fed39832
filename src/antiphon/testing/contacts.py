"""People in memory."""

from dataclasses import replace

from antiphon.core.contact import ContactDetails, joined, may_be
from antiphon.core.names import ContactId, Moment
from antiphon.ports import ContactRecord
from antiphon.testing.tables import MemoryPart, stored


class MemoryContacts(MemoryPart):
    """`ports.Contacts` of one tenant."""

    async def save_contact(self, details: ContactDetails, contact_id: ContactId, at: Moment) -> ContactId:
        """See `ports.Contacts`."""
        self._tables.check_open()
        told = replace(details, metadata=stored(details.metadata))
        known = self._person(told)
        kept = replace(known, details=joined(known.details, told)) if known else None
        kept = kept or ContactRecord(id=contact_id, details=told, created_at=at)
        self._tables.people[kept.id] = replace(kept, details=replace(kept.details, addresses=()))
        for one in told.addresses:
            place = one.space, one.address
            if self._tables.contacts.setdefault(place, kept.id) == kept.id:
                self._tables.addresses[place] = one
        return kept.id

    def _person(self, told: ContactDetails) -> ContactRecord | None:
        people = self._tables.people
        if told.external_id is not None:
            for record in people.values():
                if record.details.external_id == told.external_id:
                    return record
        places = [(one.space, one.address) for one in told.addresses]
        found = (people[self._tables.contacts[place]] for place in places if place in self._tables.contacts)
        return next((record for record in found if may_be(record.details, told)), None)

    async def contact(self, contact_id: ContactId) -> ContactRecord | None:
        """See `ports.Contacts`."""
        self._tables.check_open()
        record = self._tables.people.get(contact_id)
        return self._whole(record) if record else None

    async def contact_of(self, external_id: str) -> ContactRecord | None:
        """See `ports.Contacts`."""
        self._tables.check_open()
        found = (record for record in self._tables.people.values() if record.details.external_id == external_id)
        return next(map(self._whole, found), None)

    async def contacts(self, *, limit: int = 50, offset: int = 0) -> list[ContactRecord]:
        """See `ports.Contacts`."""
        self._tables.check_open()
        named = (record for record in self._tables.people.values() if record.details.name)
        newest = sorted(named, key=lambda record: (record.created_at, record.id), reverse=True)
        return [self._whole(record) for record in newest[offset : offset + limit]]

    def _whole(self, record: ContactRecord) -> ContactRecord:
        mine = sorted(place for place, contact_id in self._tables.contacts.items() if contact_id == record.id)
        addresses = tuple(self._tables.addresses[place] for place in mine)
        return replace(record, details=replace(record.details, addresses=addresses))
