"""Conversations as lists see them: by status and channel, the newest first (CV.11, CV.12)."""

from dataclasses import replace

from antiphon.core.event import ConversationEscalated, ConversationResolved, Event, MessageReceived, OutreachSent
from antiphon.core.names import ConversationId
from antiphon.ports import ConversationItem, ConversationQuery
from tests.contracts.desk import PACK, Desk
from tests.contracts.stores import Stores

ALL = ConversationQuery(pack=PACK)


async def tell(desk: Desk, address: str, *events: Event) -> ConversationId:
    claim = await desk.begin(address=address)
    await desk.store.commit(desk.turn(claim, events=[replace(one, run_id=claim.run.id) for one in events]))
    desk.clock.advance(1)
    return claim.conversation_id


def hi(channel: str) -> Event:
    return MessageReceived(run_id="", channel=channel, text="hi")


REMINDED = OutreachSent(run_id="", followup_id="k", channel="email", template=None, attempt=1)
RESOLVED = ConversationResolved(run_id="", binding_id="b", reason="paid")
ESCALATED = ConversationEscalated(run_id="", binding_id="b", reason="late")


async def listed(desk: Desk, query: ConversationQuery) -> list[ConversationId]:
    return [one.id for one in await desk.store.conversation_list(query)]


async def test_cv_12_conversations_are_listed_by_status_and_channel(desk: Desk) -> None:
    ann = await tell(desk, "ann", hi("chat"))
    bob = await tell(desk, "bob", REMINDED)
    cid = await tell(desk, "cid", hi("email"), RESOLVED)
    dan = (await desk.arrive(address="dan")).conversation_id
    await desk.arrive(address="ann", pack="another")
    await tell(desk, "ann", hi("email"))
    asked = {
        ALL: [dan, cid, bob, ann],
        replace(ALL, limit=2, offset=1): [cid, bob],
        replace(ALL, offset=4): [],
        replace(ALL, status="pending"): [dan],
        replace(ALL, status="active"): [ann],
        replace(ALL, status="waiting_response"): [bob],
        replace(ALL, status="resolved"): [cid],
        replace(ALL, status="escalated"): [],
        replace(ALL, status="no such status' OR 1 = 1"): [],
        replace(ALL, channel="email"): [cid, bob, ann],
        replace(ALL, channel="chat"): [ann],
        replace(ALL, channel="mail"): [],
        replace(ALL, channel='"'): [],
        replace(ALL, channel="email", status="active"): [ann],
    }
    for query, expected in asked.items():
        assert await listed(desk, query) == expected, query
    tally = await desk.store.tally(PACK)
    assert tally.conversations == {"active": 1, "waiting_response": 1, "resolved": 1, "pending": 1}
    assert tally.channels == {"email": 3}


async def test_an_item_is_what_the_conversation_is(desk: Desk) -> None:
    at = desk.clock.now()
    conversation_id = await tell(desk, "ann", hi("chat"))
    record = await desk.store.conversation(conversation_id)
    assert record is not None
    assert await desk.store.conversation_list(ALL) == [
        ConversationItem(
            id=conversation_id,
            contact_id=record.contact_id,
            state=record.state,
            created_at=at,
            updated_at=at,
            resolved_at=None,
        )
    ]


async def test_a_conversation_is_resolved_at_the_moment_when_it_was_and_only_then(desk: Desk) -> None:
    resolved_at = []
    at = desk.clock.now()
    for events in ([RESOLVED], [REMINDED], [hi("chat")], [ESCALATED], [RESOLVED]):
        await tell(desk, "ann", *events)
        resolved_at.append((await desk.store.conversation_list(ALL))[0].resolved_at)
    assert resolved_at == [at, at, None, None, resolved_at[-1]]
    assert resolved_at[-1] is not None
    assert resolved_at[-1] > at


async def test_conversations_belong_to_a_tenant(stores: Stores, desk: Desk) -> None:
    await tell(desk, "ann", hi("chat"))
    assert await stores.tenant("other").conversation_list(ALL) == []
    assert (await stores.tenant("other").tally(PACK)).conversations == {}
