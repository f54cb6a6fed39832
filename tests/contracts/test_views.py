"""Views: reads for lists, exports and proofs."""

from dataclasses import replace

from antiphon.core import chain
from antiphon.core.event import HandedOff, MessageReceived
from antiphon.core.lead import Lead
from antiphon.core.run import Claim
from antiphon.ports import ConversationRecord, Said
from tests.contracts.desk import PACK, SPACE, Desk


async def _capture(desk: Desk, *lead_ids: str, address: str = "ann") -> Claim:
    claim = await desk.begin(address=address)
    leads = tuple(Lead(id=lead_id, form="signup", values={"tags": ["a"]}) for lead_id in lead_ids)
    await desk.store.commit(desk.turn(claim, leads=leads))
    return claim


async def test_a_conversation_is_seen_before_its_first_turn(desk: Desk) -> None:
    arrival = desk.arrival()
    await desk.store.accept(arrival)
    record = await desk.store.conversation_at(PACK, SPACE, "ann")
    assert record is not None
    assert (record.id, record.contact_id) == (arrival.conversation_id, arrival.contact_id)
    assert (record.pack, record.pack_version, record.space, record.address) == (PACK, "1.0", SPACE, "ann")
    assert (record.sequence, record.head, record.state.messages) == (0, bytes(32), 0)
    assert (record.created_at, record.updated_at) == (arrival.at, arrival.at)


async def test_a_conversation_is_seen_as_its_last_turn_left_it(desk: Desk) -> None:
    begun = desk.clock.now()
    await desk.work("first")
    desk.clock.advance(90)
    turn = desk.turn(await desk.begin("second"))
    await desk.store.commit(turn)
    record = await desk.record()
    assert (record.created_at, record.updated_at) == (begun, desk.clock.now())
    assert (record.state, record.head) == (turn.conversation, turn.events[-1].hash)


async def test_an_unknown_conversation_is_none(desk: Desk) -> None:
    await desk.arrive()
    assert await desk.store.conversation_at("helpdesk", SPACE, "ann") is None
    assert await desk.store.conversation_at(PACK, "email", "ann") is None
    assert await desk.store.conversation_at(PACK, SPACE, "bob") is None


async def test_a_conversation_remembers_the_pack_version_that_it_began_under(desk: Desk) -> None:
    first = await desk.begin()
    assert first.pack_version == "1.0"
    await desk.store.commit(desk.turn(first))
    assert (await desk.record()).pack_version == "1.0"


async def test_conversations_are_paged_in_the_order_of_their_ids(desk: Desk) -> None:
    runs = [await desk.arrive(address=f"person-{number}") for number in range(7)]
    await desk.arrive(pack="helpdesk")
    seen: list[ConversationRecord] = []
    while page := await desk.store.conversations(PACK, after=seen[-1].id if seen else "", limit=3):
        assert len(page) <= 3
        seen += page
    assert [record.id for record in seen] == sorted(run.conversation_id for run in runs)


async def test_conversations_of_a_list_are_those_found_alone(desk: Desk) -> None:
    await desk.work()
    assert await desk.store.conversations(PACK) == [await desk.record()]


async def test_ids_of_every_pack_are_paged_in_order(desk: Desk) -> None:
    runs = [await desk.arrive(address=f"person-{number}") for number in range(4)]
    runs.append(await desk.arrive(pack="helpdesk"))
    seen: list[str] = []
    while page := await desk.store.conversation_ids(after=seen[-1] if seen else "", limit=2):
        assert len(page) <= 2
        seen += page
    assert seen == sorted(run.conversation_id for run in runs)


async def test_a_conversation_is_found_by_its_id(desk: Desk) -> None:
    claim = await desk.work()
    assert await desk.store.conversation(claim.conversation_id) == await desk.record()
    assert await desk.store.conversation(desk.ids.new()) is None


async def test_conversations_are_found_by_an_outside_address_of_any_kind(desk: Desk) -> None:
    shop = await desk.arrive(address="ann")
    helpdesk = await desk.arrive(address="ann", pack="helpdesk")
    mail = (await desk.store.accept(desk.arrival(address="ann", space="email"))).run
    await desk.arrive(address="bob")
    found = await desk.store.conversations_with("ann")
    assert [record.id for record in found] == sorted(run.conversation_id for run in (shop, helpdesk, mail))
    assert await desk.store.conversations_with("ann", limit=1) == found[:1]
    assert await desk.store.conversations_with("nobody") == []


async def test_events_of_conversations_are_no_strays(desk: Desk) -> None:
    await desk.work()
    assert await desk.store.stray_events() == []


async def test_events_are_paged_in_order(desk: Desk) -> None:
    claim = await desk.work("first")
    await desk.work("second")
    await desk.work("third")
    events = await desk.store.events(claim.conversation_id)
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5, 6]
    assert await desk.store.events(claim.conversation_id, after=4) == events[4:]
    assert await desk.store.events(claim.conversation_id, after=1, limit=2) == events[1:3]
    assert await desk.store.events(claim.conversation_id, after=6) == []
    assert await desk.store.events(desk.ids.new()) == []


async def test_a_transcript_has_what_was_said_in_order(desk: Desk) -> None:
    begun = desk.clock.now()
    ann = await desk.work("hello 🌻")
    desk.clock.advance(60)
    bob = await desk.work("good morning", address="bob")
    last = await desk.begin("goodbye")
    handed = HandedOff(run_id=last.run.id, reason="asked for a person")
    goodbye = MessageReceived(run_id=last.run.id, channel="chat", text="goodbye")
    await desk.store.commit(desk.turn(last, events=(goodbye, handed)))
    unknown, now = desk.ids.new(), desk.clock.now()
    said = await desk.store.transcripts([ann.conversation_id, bob.conversation_id, unknown])
    assert said[ann.conversation_id] == [
        Said(role="user", text="hello 🌻", at=begun),
        Said(role="assistant", text="Hello!", at=begun),
        Said(role="user", text="goodbye", at=now),
    ]
    assert [line.text for line in said[bob.conversation_id]] == ["good morning", "Hello!"]
    assert said[unknown] == []
    assert await desk.store.transcripts([]) == {}


async def test_a_transcript_leaves_out_what_was_erased(desk: Desk) -> None:
    turn = desk.turn(await desk.begin("my card number is secret"))
    received, sent = turn.events
    await desk.store.commit(replace(turn, events=(replace(received, payload=None, key=None), sent)))
    transcripts = await desk.store.transcripts([turn.claim.conversation_id])
    assert [said.text for said in transcripts[turn.claim.conversation_id]] == ["Hello!"]
    events = await desk.store.events(turn.claim.conversation_id)
    assert chain.verify(events, (await desk.record()).head) is None


async def test_a_lead_says_where_and_when_it_was_captured(desk: Desk) -> None:
    claim = await _capture(desk, "LEAD-00001")
    (record,) = await desk.store.leads(PACK)
    assert record.lead == Lead(id="LEAD-00001", form="signup", values={"tags": ["a"]})
    assert (record.conversation_id, record.run_id) == (claim.conversation_id, claim.run.id)
    assert (record.pack, record.captured_at) == (PACK, desk.clock.now())


async def test_leads_are_paged_in_the_order_of_their_ids(desk: Desk) -> None:
    await _capture(desk, "LEAD-00003", address="ann")
    await _capture(desk, "LEAD-00001", "LEAD-00002", address="bob")
    leads = await desk.store.leads(PACK)
    assert [record.lead.id for record in leads] == ["LEAD-00001", "LEAD-00002", "LEAD-00003"]
    assert await desk.store.leads(PACK, limit=2) == leads[:2]
    assert await desk.store.leads(PACK, after="LEAD-00001") == leads[1:]
    assert await desk.store.leads("helpdesk") == []


async def test_a_run_without_steps_has_none(desk: Desk) -> None:
    run = await desk.arrive()
    assert await desk.store.steps(run.id) == []
    assert await desk.store.steps(desk.ids.new()) == []
