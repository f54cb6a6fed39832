"""Follow-ups: sent at their time on the first channel that works, told to the conversation, cancelled by a reply."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from antiphon.core.change import Change
from antiphon.core.errors import StoreUnavailable
from antiphon.core.event import OutreachSent, decode
from antiphon.engine.engine import Limits
from antiphon.engine.keeping.follow_up import FollowUpPerformer
from antiphon.engine.receive import request_to
from antiphon.engine.replay import replay, replay_all
from antiphon.ports import Channel, ContactAddress, Delivery, FollowUpRecord
from antiphon.testing import RecordingChannel
from tests.contracts.stores import StoreKind
from tests.engine.shop import DAY, Shop, open_shop

FAILED = Delivery(status="failed", reason="no credit")
UNKNOWN = Delivery(status="unknown", reason="time-out")
PAUSE = 60 * 1.2  # the first pause with all that chance may add
YEAR = 365 * DAY


def whatsapp(*deliveries: Delivery | Exception, **how: Any) -> RecordingChannel:
    return RecordingChannel("whatsapp", deliveries, **how)


class Opening:
    """Opens shops, and closes them at the end."""

    def __init__(self, kind: StoreKind, folder: Path) -> None:
        self._kind, self._folder = kind, folder
        self._open: list[Any] = []

    async def __call__(self, *channels: Channel, **given: Any) -> Shop:
        context = open_shop(self._kind, self._folder, channels=channels or None, **given)
        self._open.append(context)
        return await context.__aenter__()

    async def close(self) -> None:
        for context in self._open:
            await context.__aexit__(None, None, None)


@pytest.fixture
async def opened(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Opening]:
    opening = Opening(kind, tmp_path)
    yield opening
    await opening.close()


async def follow_up(shop: Shop, conversation_id: str, *, process: str = "payment", **wanted: Any) -> str:
    """A process with a first message; the key of the message."""
    record = await shop.conversation(conversation_id)
    message = {"rule_id": "r", "template": "reminder", "channels": ["whatsapp", "chat"], **wanted}
    data = {"binding_id": shop.ids.new(), "business_data": {"amount": 100, "id": "FU-1"}, "follow_up": message}
    change = Change(kind="begin", value=process, data=data)
    answer = await shop.service.respond(request_to(record, change))
    key: str = answer.outcome.facts["followup_id"]
    return key


async def only(shop: Shop) -> FollowUpRecord:
    [one] = [one for one in await shop.follow_ups() if one.kept.effect.kind == "followup"]
    return one


async def test_cv_27_what_was_sent_is_a_change(shop: Shop) -> None:
    """It is in the transcript, moves the process, and the conversation waits for a response."""
    ann = await shop.ann()
    key = await follow_up(shop, ann)
    assert (await only(shop)).status == "scheduled"
    await shop.settle()
    assert shop.sent() == ["Dear Ann, please pay 100."]
    [binding] = await shop.bindings()
    state = (await shop.conversation(ann)).state
    assert binding.state == "reminded"
    assert (state.status, state.attempt_count, state.followup_id) == ("waiting_response", 1, key)
    assert state.recent[-1].text == "Dear Ann, please pay 100."
    record = await only(shop)
    assert record.status == "awaiting_reply"
    assert record.kept.detail == {
        "status": "sent",
        "channel": "whatsapp",
        "conversation_id": ann,
        "attempt": 1,
        "delivery": {"status": "sent", "provider_id": "whatsapp-1"},
    }


async def test_cv_35_a_delayed_follow_up_is_sent_at_its_time(shop: Shop) -> None:
    await follow_up(shop, await shop.ann(), delay_minutes=30)
    await shop.after(30 * 60 - 1)
    assert shop.sent() == []
    await shop.after(1)
    assert len(shop.sent()) == 1


async def test_a_delay_may_be_years(shop: Shop) -> None:
    await follow_up(shop, await shop.ann(), delay_minutes=int(9 * YEAR / 60))
    await shop.after(8.9 * YEAR)
    assert shop.sent() == []
    await shop.after(0.1 * YEAR)
    assert len(shop.sent()) == 1


async def test_priorities_are_honoured(opened: Opening) -> None:
    channel = whatsapp()
    shop = await opened(channel, limits=Limits(effects_at_once=2))
    for priority in ("low", "medium", "urgent", "high"):
        ann = await shop.ann()
        await follow_up(shop, ann, priority=priority, template=None, metadata={"message": priority}, delay_minutes=1)
    await shop.after(60)
    assert shop.sent() == ["urgent", "high", "medium", "low"]


async def test_a_reply_cancels_what_is_still_to_be_sent_and_closes_what_was(shop: Shop) -> None:
    ann = await shop.ann()
    await follow_up(shop, ann)
    await shop.settle()
    await follow_up(shop, ann, delay_minutes=60)
    await shop.begin(ann, initial_state="reminded", entity_id="INV-9")
    await shop.say("acknowledged")
    statuses = {(one.kept.effect.kind, one.status) for one in await shop.follow_ups()}
    assert statuses == {("followup", "completed"), ("followup", "cancelled"), ("check", "scheduled")}
    await shop.after(3600)
    assert len(shop.sent()) == 1


async def test_the_end_of_a_process_cancels_its_own_and_no_others(shop: Shop) -> None:
    ann = await shop.ann()
    ended = await shop.begin(ann, initial_state="reminded")
    other = await shop.begin(ann, initial_state="reminded", entity_id="INV-2")
    await shop.put(ann, "intent:will_pay")
    before = await shop.follow_ups()
    assert len(before) == 4
    happened = await shop.service.happen("shop", "payment_received", {"entity_type": "invoice", "entity_id": "INV-1"})
    assert [one.binding_id for one in happened.results] == [ended.id]
    known = {one.kept.key for one in before}
    after = [one for one in await shop.follow_ups() if one.kept.key in known]
    assert {one.status for one in after if one.kept.effect.binding_id == ended.id} == {"cancelled"}
    assert {one.status for one in after if one.kept.effect.binding_id == other.id} == {"scheduled"}
    await shop.settle()
    assert shop.sent() == ["Thank you."]


async def test_an_escalation_closes_what_was_sent(shop: Shop) -> None:
    ann = await shop.ann()
    await follow_up(shop, ann)
    await shop.settle()
    await shop.say("dispute")
    assert (await only(shop)).status == "escalated"


async def test_a_resolution_closes_what_was_sent(shop: Shop) -> None:
    ann = await shop.ann()
    await follow_up(shop, ann)
    await shop.settle()
    await shop.put(ann, "event:payment_received")
    assert (await shop.follow_ups())[0].status == "completed"
    await shop.settle()
    assert shop.sent("whatsapp")[-1:] == ["Thank you."]
    assert (await shop.conversation(ann)).state.status == "resolved"


# Channels


async def test_the_active_channel_comes_first_then_the_rule_then_the_preference(opened: Opening) -> None:
    shop = await opened(
        RecordingChannel("chat", repeatable=True), whatsapp(), RecordingChannel("email"), RecordingChannel("sms")
    )
    addresses = [ContactAddress(space=name, address=f"ann@{name}") for name in ("chat", "sms", "whatsapp")]
    ann = await shop.ann(*addresses, ContactAddress(space="email", address="ann@mail", preferred=True))
    order = {"process": "order", "template": "thanks"}
    await follow_up(shop, ann, channels=["voice", "whatsapp"])
    await shop.settle()
    assert len(shop.sent("whatsapp")) == 1  # as the rule says; voice is not on
    await follow_up(shop, ann, channels=["email"], **order)
    await shop.settle()
    assert len(shop.sent("whatsapp")) == 2  # where Ann is
    await shop.say("question", channel="sms", address="ann@sms")
    await follow_up(shop, ann, channels=["email"], **order)
    await shop.settle()
    assert len(shop.sent("sms")) == 1


async def test_without_a_word_of_the_rule_the_preferred_channel_counts(opened: Opening) -> None:
    shop = await opened(whatsapp(), RecordingChannel("email"))
    ann = await shop.ann(
        ContactAddress(space="whatsapp", address="+1"), ContactAddress(space="email", address="a@b", preferred=True)
    )
    await follow_up(shop, ann, channels=["voice"])
    await shop.settle()
    assert (len(shop.sent("email")), len(shop.sent("whatsapp"))) == (1, 0)


async def test_a_channel_that_fails_gives_way_to_the_next(opened: Opening) -> None:
    shop = await opened(RecordingChannel("chat", repeatable=True), whatsapp(FAILED))
    ann = await shop.ann()
    await follow_up(shop, ann)
    await shop.settle()
    state = (await shop.conversation(ann)).state
    assert state.active_channel == "chat"
    assert state.recent[-1].text == "Dear Ann, please pay 100."
    assert (await only(shop)).kept.detail["channel"] == "chat"


async def test_cv_36_failures_are_retried_with_backoff_and_dead_with_the_reason(opened: Opening) -> None:
    """Then `timeout:max_attempts_reached` is a change, once."""
    channel = whatsapp(*(FAILED,) * 9)
    shop = await opened(channel)
    ann = await shop.ann()
    await follow_up(shop, ann)
    await shop.settle()
    for pause in (60, 120):
        assert (await only(shop)).status == "scheduled"
        await shop.after(pause - 1)
        tries = len(channel.sent)
        await shop.after(pause * 0.2 + 1)
        assert len(channel.sent) == tries + 1
    record = await only(shop)
    assert record.status == "failed"
    assert record.kept.status == "dead"
    assert record.kept.reason == "all_channels_exhausted (whatsapp: no credit)"
    assert record.kept.detail["reason"] == "all_channels_exhausted"
    assert record.kept.attempts == 3
    [binding] = await shop.bindings()
    assert binding.state == "escalated"
    changes = await kinds_of_changes(shop, ann)
    assert changes.count("timeout:all_channels_exhausted") == 3
    assert changes.count("timeout:max_attempts_reached") == 1


async def test_cv_36_the_pause_is_configured(opened: Opening) -> None:
    channel = whatsapp(FAILED)
    shop = await opened(channel, limits=Limits(retry_seconds=5))
    await follow_up(shop, await shop.ann())
    await shop.settle()
    await shop.after(6)
    assert len(channel.sent) == 2


async def test_cv_36_dead_ones_are_replayed_one_by_one_or_all(opened: Opening) -> None:
    channel = whatsapp(*(FAILED,) * 3)
    shop = await opened(channel)
    key = await follow_up(shop, await shop.ann())
    for _ in range(3):
        await shop.after(600)
    engine, performing = shop.service.engine, shop.service.performing
    await replay(engine, performing, key)
    await shop.settle()
    assert (await only(shop)).kept.status == "done"
    assert {message.key for message in channel.sent} == {key}
    assert await replay_all(engine, performing, statuses=frozenset({"dead"}), kind="followup") == 0


async def test_nobody_can_be_written_to_without_a_channel(opened: Opening) -> None:
    shop = await opened(RecordingChannel("email"))
    ann = await shop.ann()
    await follow_up(shop, ann)
    for _ in range(3):
        await shop.after(600)
    assert (await only(shop)).kept.detail == {
        "status": "failed",
        "reason": "no_channel",
        "conversation_id": ann,
        "attempt": 3,
    }


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"template": "unheard_of"}, "has no template unheard_of"),
        ({"template": "broken"}, "broken cannot be filled in"),
        ({"template": None}, "neither a template nor a message"),
    ],
)
async def test_what_cannot_be_said_is_dead_at_once(shop: Shop, wanted: dict[str, Any], reason: str) -> None:
    ann = await shop.ann()
    record = await shop.conversation(ann)
    change = Change(kind="begin", value="", data={"follow_up": {"rule_id": "r", **wanted}})
    await shop.service.respond(request_to(record, change))
    await shop.settle()
    kept = (await only(shop)).kept
    assert (kept.status, kept.attempts) == ("dead", 1)
    assert reason in str(kept.reason)


async def kinds_of_changes(shop: Shop, conversation_id: str) -> list[str]:
    events = [decode(one.kind, one.payload or b"") for one in await shop.store.events(conversation_id)]
    return [f"{event.kind}:{event.value}" for event in events if hasattr(event, "kind") and hasattr(event, "value")]


# Promise 4: once


async def sent_events(shop: Shop, conversation_id: str) -> list[OutreachSent]:
    events = [decode(one.kind, one.payload or b"") for one in await shop.store.events(conversation_id)]
    return [event for event in events if isinstance(event, OutreachSent)]


@pytest.mark.parametrize("trouble", [UNKNOWN, RuntimeError("the line broke")])
async def test_promise_4_an_unknown_outcome_is_parked(opened: Opening, trouble: Delivery | Exception) -> None:
    """Nothing is sent on another channel either: it may have arrived."""
    channel = whatsapp(trouble)
    shop = await opened(RecordingChannel("chat", repeatable=True), channel)
    ann = await shop.ann()
    await follow_up(shop, ann)
    await shop.after(DAY)
    assert len(channel.sent) == 1
    assert (await only(shop)).kept.status == "parked"
    assert await sent_events(shop, ann) == []


async def test_promise_4_a_channel_that_knows_our_keys_is_asked_again(opened: Opening) -> None:
    channel = whatsapp(UNKNOWN, repeatable=True)
    shop = await opened(channel)
    ann = await shop.ann()
    key = await follow_up(shop, ann)
    await shop.settle()
    await shop.after(PAUSE)
    assert [message.key for message in channel.sent] == [key, key]
    assert (await only(shop)).kept.status == "done"
    assert len(await sent_events(shop, ann)) == 1


@pytest.mark.parametrize("repeatable", [True, False])
async def test_promise_4_a_sender_that_dies(opened: Opening, repeatable: bool) -> None:
    """Before anybody knows that it was sent."""
    channel = whatsapp(repeatable=repeatable)
    shop = await opened(channel)
    ann = await shop.ann()
    await follow_up(shop, ann)
    await shop.store.claim_due("dead", shop.clock.now(), 10)
    await shop.after(60)
    assert (await only(shop)).kept.status == ("done" if repeatable else "parked")
    assert len(channel.sent) == int(repeatable)


async def test_promise_4_a_sender_that_dies_after_it_was_told(opened: Opening) -> None:
    """The conversation knows of it, so that it is done, on whatever channel."""
    channel = whatsapp()
    shop = await opened(channel)
    ann = await shop.ann()
    await follow_up(shop, ann)
    [kept] = await shop.store.claim_due("dead", shop.clock.now(), 10)
    await FollowUpPerformer(shop.service.engine).perform(kept)
    await shop.settle()
    await shop.after(60)
    assert (await only(shop)).kept.status == "done"
    assert len(channel.sent) == 1
    assert len(await sent_events(shop, ann)) == 1


async def test_cv_27_the_change_comes_once_under_the_effects_key(opened: Opening) -> None:
    """An attempt told the conversation and died, the next one is done before that was worked."""
    channel = whatsapp(repeatable=True)
    shop = await opened(channel)
    ann = await shop.ann()
    await follow_up(shop, ann)
    [kept] = await shop.store.claim_due("dead", shop.clock.now(), 10)
    performer = FollowUpPerformer(shop.service.engine)
    assert (await performer.perform(kept)).outcome == "done"
    shop.clock.advance(60)
    [again] = await shop.store.claim_due("alive", shop.clock.now(), 10)
    assert (await performer.perform(again)).outcome == "done"
    await shop.settle()
    assert len(await sent_events(shop, ann)) == 1


async def test_a_store_that_is_away_when_it_was_sent_is_waited_for(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = whatsapp()
    shop = await opened(channel, limits=Limits(sweep_seconds=0.001))
    ann = await shop.ann()
    await follow_up(shop, ann)
    accept, away = type(shop.store).accept, [1, 1, 1]

    async def refuse(self: Any, *given: Any, **named: Any) -> Any:
        if away:
            away.pop()
            raise StoreUnavailable(reason="away")
        return await accept(self, *given, **named)

    monkeypatch.setattr(type(shop.store), "accept", refuse)
    await shop.settle()
    assert len(channel.sent) == 1
    assert len(await sent_events(shop, ann)) == 1
    assert (await only(shop)).kept.status == "done"


async def test_a_store_that_is_away_before_anything_was_sent_parks_nothing(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = whatsapp()
    shop = await opened(channel)
    await follow_up(shop, await shop.ann())
    contact, away = type(shop.store).contact, [1]

    async def refuse(self: Any, *given: Any) -> Any:
        if away:
            away.pop()
            raise StoreUnavailable(reason="away")
        return await contact(self, *given)

    monkeypatch.setattr(type(shop.store), "contact", refuse)
    await shop.settle()
    assert (await only(shop)).kept.status == "pending"
    await shop.after(PAUSE)
    assert len(channel.sent) == 1


# Enough


async def test_after_so_many_messages_without_an_answer_a_person_is_told(shop: Shop) -> None:
    ann = await shop.ann()
    escalation = {"after_attempts": 2, "escalate_to": "finance", "escalate_channel": "email"}
    for _ in range(3):
        await follow_up(shop, ann, metadata={"escalation": escalation})
        await shop.settle()
    assert len(shop.sent()) == 2
    last = (await shop.follow_ups())[-1]
    assert last.kept.detail["reason"] == "max_attempts_reached"
    [alert] = await shop.effects("alert")
    assert alert.detail == {"target": "finance", "message": "Ann has not answered 2 messages"}
    assert [binding.state for binding in await shop.bindings()] == ["reminded", "reminded", "escalated"]


async def test_a_follow_up_moves_its_own_process_alone(shop: Shop) -> None:
    ann = await shop.ann()
    other = await shop.begin(ann)
    await follow_up(shop, ann)
    await shop.settle()
    states = {binding.id: binding.state for binding in await shop.bindings()}
    assert states.pop(other.id) == "pending"
    assert list(states.values()) == ["reminded"]
