"""People: who they are, and which addresses lead to them (CV.14, CV.32)."""

import asyncio
from dataclasses import replace

from antiphon.ports import ContactAddress, ContactDetails, ContactRecord
from tests.contracts.desk import PACK, SPACE, WORKER, Desk
from tests.contracts.stores import Stores

EMAIL = ContactAddress(space="email", address="ann@example.com", preferred=True)
PHONE = ContactAddress(space="whatsapp", address="+49123", verified=False)
ANN = ContactDetails(
    external_id="C-1",
    name="Ann Lee",
    addresses=(EMAIL, PHONE),
    role="buyer",
    organization="Acme",
    tags=("vip",),
    metadata={"zone": {"name": "Europe/Berlin"}},
)


async def save(desk: Desk, details: ContactDetails) -> str:
    return await desk.store.save_contact(details, desk.ids.new(), desk.clock.now())


async def test_a_person_comes_back_as_they_were_saved(desk: Desk) -> None:
    contact_id = await save(desk, ANN)
    expected = ContactRecord(id=contact_id, details=ANN, created_at=desk.clock.now())
    assert await desk.store.contact(contact_id) == await desk.store.contact_of("C-1") == expected
    assert await desk.store.contact("nobody") is None
    assert await desk.store.contact_of("nobody") is None


async def test_what_is_told_later_is_added(desk: Desk) -> None:
    contact_id = await save(desk, ANN)
    desk.clock.advance(60)
    voice = ContactAddress(space="voice", address="+49123")
    told = ContactDetails(
        external_id="C-1", name="", addresses=(voice, replace(PHONE, verified=True)), tags=("late",), metadata={"a": 1}
    )
    assert await save(desk, told) == contact_id
    record = await desk.store.contact(contact_id)
    assert record is not None
    assert record.details == replace(
        ANN,
        addresses=(EMAIL, voice, replace(PHONE, verified=True)),
        tags=("vip", "late"),
        metadata={**ANN.metadata, "a": 1},
    )
    assert record.created_at < desk.clock.now()


async def test_cv_32_every_address_of_a_person_leads_to_one_conversation(desk: Desk) -> None:
    contact_id = await save(desk, ANN)
    first = await desk.store.accept(desk.arrival(space="email", address=EMAIL.address))
    second = await desk.store.accept(desk.arrival(space="whatsapp", address=PHONE.address))
    assert first.run.conversation_id == second.run.conversation_id
    record = await desk.store.conversation(first.run.conversation_id)
    assert record is not None
    assert record.contact_id == contact_id


async def test_a_visitor_is_named_by_their_arrival_and_may_be_known_later(desk: Desk) -> None:
    name = "Unknown (ann@example.com)"
    arrival = replace(desk.arrival(space="email", address=EMAIL.address), contact_name=name)
    accepted = await desk.store.accept(arrival, claim_for=WORKER)
    assert accepted.claim is not None
    visitor = await desk.store.contact(accepted.claim.contact_id)
    assert visitor is not None
    plain = ContactAddress(space="email", address=EMAIL.address)
    assert visitor.details == ContactDetails(external_id=None, name=name, addresses=(plain,))
    assert await save(desk, ANN) == visitor.id
    known = await desk.store.contact(visitor.id)
    assert known is not None
    assert known.details == ANN
    again = await desk.store.accept(desk.arrival(space="whatsapp", address=PHONE.address))
    assert again.run.conversation_id == accepted.run.conversation_id


async def test_a_later_arrival_does_not_rename_anybody(desk: Desk) -> None:
    contact_id = await save(desk, ANN)
    arrival = desk.arrival(space="email", address=EMAIL.address)
    await desk.store.accept(replace(arrival, contact_name="Unknown (ann@example.com)"))
    record = await desk.store.contact(contact_id)
    assert record is not None
    assert record.details.name == "Ann Lee"


async def test_an_address_that_is_somebody_elses_stays_theirs(desk: Desk) -> None:
    ann = await save(desk, ANN)
    bob = await save(desk, ContactDetails(external_id="C-2", name="Bob", addresses=(PHONE,)))
    assert ann != bob
    found = [await desk.store.contact(one) for one in (ann, bob)]
    assert [record.details.addresses for record in found if record] == [(EMAIL, PHONE), ()]


async def test_somebody_without_an_external_id_is_known_by_an_address(desk: Desk) -> None:
    ann = await save(desk, ANN)
    assert await save(desk, ContactDetails(external_id=None, name="", addresses=(PHONE,))) == ann


async def test_cv_14_people_with_a_name_are_listed_the_newest_first(desk: Desk) -> None:
    saved = []
    for number in range(5):
        desk.clock.advance(1)
        saved.append(await save(desk, ContactDetails(external_id=f"C-{number}", name=f"N {number}", addresses=())))
    await desk.arrive(address="a visitor")
    assert [one.id for one in await desk.store.contacts(limit=9)] == saved[::-1]
    assert [one.id for one in await desk.store.contacts(limit=2, offset=1)] == saved[3:1:-1]
    assert (await desk.store.tally(PACK)).contacts == 5


async def test_a_person_who_is_saved_by_many_at_once_is_one(desk: Desk) -> None:
    told = [replace(ANN, tags=(f"t{number}",)) for number in range(8)]
    ids = await asyncio.gather(*(save(desk, one) for one in told))
    assert len(set(ids)) == 1
    record = await desk.store.contact(ids[0])
    assert record is not None
    assert set(record.details.tags) == {f"t{number}" for number in range(8)}


async def test_people_belong_to_a_tenant(stores: Stores, desk: Desk) -> None:
    contact_id = await save(desk, ANN)
    other = stores.tenant("other")
    assert await other.contact(contact_id) is None
    assert await other.contacts() == []
    assert await other.save_contact(ANN, desk.ids.new(), desk.clock.now()) != contact_id


async def test_an_address_that_was_met_first_leads_to_its_person(desk: Desk) -> None:
    """Without a name they are in no list, and known all the same."""
    run = await desk.arrive(address="ann")
    record = await desk.store.conversation(run.conversation_id)
    assert record is not None
    found = await desk.store.contact(record.contact_id)
    assert found is not None
    assert found.details == ContactDetails(
        external_id=None, name="", addresses=(ContactAddress(space=SPACE, address="ann"),)
    )
    assert await desk.store.contacts() == []
