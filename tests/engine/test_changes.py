"""Changes of every kind take one path, and move the processes of a conversation (CV.22 to CV.31)."""

import json

import pytest

from antiphon.core.change import Change
from antiphon.core.conversation import fold
from antiphon.core.errors import BindingsFull, ConversationNotFound, ProcessUnknown, StateUnknown
from antiphon.core.event import decode
from antiphon.core.process.binding import MAX_OPEN
from antiphon.engine.receive import request_to
from antiphon.ports import EffectQuery
from tests.engine.shop import DAY, HOUR, Shop


async def test_cv_24_an_intent_of_a_message_moves_a_binding(shop: Shop) -> None:
    ann = await shop.ann()
    binding = await shop.begin(ann, initial_state="reminded")
    answer = await shop.say("acknowledged")
    assert answer.outcome.reply == "Noted."
    assert answer.outcome.intent == "acknowledged"
    [transition] = answer.outcome.facts["transitions"]
    assert transition == {
        "binding_id": binding.id,
        "process_type": "payment",
        "from": "reminded",
        "to": "acknowledged",
        "transition": "reminded → acknowledged",
        "actions": ["schedule_check"],
    }
    [result] = answer.outcome.facts["action_results"]
    assert (result["action"], result["status"]) == ("schedule_check", "scheduled")
    assert result["fires_at"] == "2026-01-03T09:00:00+00:00"
    [check] = await shop.follow_ups()
    assert check.kept.key == result["followup_id"]
    assert await shop.state(binding.id) == "acknowledged"


async def test_what_is_out_of_scope_moves_nothing_and_says_so(shop: Shop) -> None:
    binding = await shop.begin(await shop.ann(), initial_state="reminded")
    answer = await shop.say("lovely weather")
    assert await shop.state(binding.id) == "reminded"
    steps = [step for step in await shop.store.steps(answer.run_id) if step.agent == "process"]
    assert [step.action for step in steps] == ["stayed"]
    assert "in scope" in steps[0].why["reason"]


async def test_promise_9_a_step_explains_each_move_and_each_stay(shop: Shop) -> None:
    ann = await shop.ann()
    await shop.begin(ann, initial_state="reminded")
    await shop.begin(ann, "order", entity_type="order", entity_id="O-1")
    answer = await shop.say("acknowledged")
    moved, stayed = [step for step in await shop.store.steps(answer.run_id) if step.agent == "process"]
    assert (moved.action, moved.why["to"], moved.why["trigger"]) == ("moved", "acknowledged", "intent:acknowledged")
    assert stayed.action == "stayed"
    assert [why["stays"] for why in stayed.why["stayed"]] == ["unknown_trigger"]


@pytest.mark.parametrize(
    ("change", "extra", "after"),
    [
        ("intent:acknowledged", {}, "acknowledged"),
        ("event:payment_received", {}, "confirmed"),
        ("timeout:max_attempts_reached", {}, "escalated"),
        ("action:outreach_sent", {}, "reminded"),
        ("manual:close", {"sure": True}, "closed"),
        ("manual:close", {"sure": False}, "start"),
        ("manual:unheard_of", {}, "start"),
    ],
)
async def test_cv_23_every_kind_of_change_takes_the_one_path(
    shop: Shop, change: str, extra: dict[str, bool], after: str
) -> None:
    """Also CV.3, and an operator's word with what it says."""
    ann = await shop.ann()
    start = "pending" if change.startswith("action") else "reminded"
    binding = await shop.begin(ann, initial_state=start)
    moves = await shop.put(ann, change, **extra)
    expected = start if after == "start" else after
    assert await shop.state(binding.id) == expected
    assert moves == ([] if after == "start" else [f"{start} → {after}"])


async def test_nobody_answers_what_nobody_said(shop: Shop) -> None:
    ann = await shop.ann()
    await shop.begin(ann)
    record = await shop.conversation(ann)
    answer = await shop.service.respond(request_to(record, Change(kind="manual", value="close")))
    assert answer.outcome.reply is None
    assert answer.outcome.intent is None
    assert answer.outcome.status == "completed"


async def test_what_comes_from_outside_cannot_say_what_only_we_say(shop: Shop) -> None:
    """An operator's data that looks like a message of ours, or like a check, is data."""
    ann = await shop.ann()
    binding = await shop.begin(ann)
    await shop.put(ann, "action:outreach_sent", sent={"text": "forged", "channel": "chat"}, entity=["x", "y"])
    record = await shop.conversation(ann)
    assert record.state.response is None
    assert record.state.attempt_count == 0
    assert await shop.state(binding.id) == "reminded"


async def test_a_change_on_a_resolved_conversation_moves_what_is_still_open(shop: Shop) -> None:
    ann = await shop.ann()
    await shop.begin(ann)
    order = await shop.begin(ann, "order", entity_type="order", entity_id="O-1")
    await shop.put(ann, "event:payment_received")
    assert (await shop.conversation(ann)).state.status == "resolved"
    assert await shop.put(ann, "event:order_shipped") == ["placed → shipped"]
    assert await shop.state(order.id) == "shipped"


async def test_a_change_on_a_conversation_that_is_not_there(shop: Shop) -> None:
    with pytest.raises(ConversationNotFound):
        await shop.put("nobody", "manual:close")


async def test_cv_28_all_six_actions(shop: Shop) -> None:
    ann = await shop.ann()
    await shop.begin(ann, initial_state="reminded")
    promised = (await shop.say("will_pay")).outcome.facts["action_results"]
    assert [(one["action"], one["status"]) for one in promised] == [
        ("update_backend", "sent"),
        ("schedule_check", "scheduled"),
        ("enqueue_followup", "enqueued"),
    ]
    assert [one.kept.key for one in await shop.follow_ups()] == [promised[1]["followup_id"], promised[2]["followup_id"]]
    await shop.settle()
    told = shop.backend.told  # type: ignore[union-attr]
    assert [(one.endpoint, one.payload["status"], one.payload["new_state"]) for one in told] == [
        ("promise", "promised", "promised")
    ]
    assert told[0].key is not None
    escalated = (await shop.say("dispute")).outcome.facts["action_results"]
    assert [(one["action"], one["status"]) for one in escalated] == [("escalate", "escalated")]
    assert (await shop.conversation(ann)).state.status == "escalated"
    resolved = await shop.service.change_context(ann, "event", "payment_received")
    assert [one["status"] for one in resolved.action_results] == ["enqueued", "resolved"]
    state = (await shop.conversation(ann)).state
    assert state.status == "resolved"
    assert "escalated → confirmed" in state.summary


async def test_cv_28_notify_tells_somebody_in_the_business(shop: Shop) -> None:
    ann = await shop.ann()
    await shop.begin(ann, initial_state="acknowledged")
    changed = await shop.service.change_context(ann, "timeout", "no_payment_48h")
    assert changed.action_results[1]["target"] == "finance"
    await shop.settle()
    [alert] = await shop.effects("alert")
    assert (alert.status, alert.detail["message"]) == ("done", "not paid")


async def test_cv_26_a_check_fires_when_no_response_came(shop: Shop) -> None:
    binding = await shop.begin(await shop.ann(), initial_state="reminded")
    await shop.say("acknowledged")
    await shop.after(2 * DAY - 1)
    assert await shop.state(binding.id) == "acknowledged"
    await shop.after(1)
    assert await shop.state(binding.id) == "overdue"


async def test_cv_26_a_check_does_nothing_when_the_state_was_left(shop: Shop) -> None:
    binding = await shop.begin(await shop.ann(), initial_state="reminded")
    await shop.say("acknowledged")
    await shop.say("will_pay")
    await shop.after(HOUR)
    assert await shop.state(binding.id) == "overdue"
    await shop.after(3 * DAY)
    moves = await shop.store.moves((await shop.bindings())[0])
    assert [move.moved.to_state for move in moves] == ["acknowledged", "promised", "overdue"]


async def test_cv_26_a_check_that_is_performed_twice_fires_once(shop: Shop) -> None:
    """Its performer died after it was done: the lease ends, and it is performed anew."""
    binding = await shop.begin(await shop.ann(), initial_state="reminded")
    await shop.say("acknowledged")
    shop.clock.advance(2 * DAY)
    [kept] = await shop.store.claim_due("dead", shop.clock.now(), 10)
    await shop.service.engine.performers["check"].perform(kept)
    await shop.after(60)
    assert await shop.state(binding.id) == "overdue"
    assert len(await shop.store.moves((await shop.bindings())[0])) == 2
    assert (await shop.effects("check"))[0].status == "done"


async def test_cv_30_several_processes_run_side_by_side(shop: Shop) -> None:
    ann = await shop.ann()
    payment = await shop.begin(ann)
    order = await shop.begin(ann, "order", entity_type="order", entity_id="O-1")
    another = await shop.begin(ann, entity_id="INV-2")
    assert await shop.put(ann, "action:outreach_sent") == ["pending → reminded", "pending → reminded"]
    await shop.put(ann, "event:order_shipped")
    await shop.say("will_pay")
    assert [await shop.state(one.id) for one in (payment, order, another)] == ["promised", "shipped", "promised"]
    assert len((await shop.conversation(ann)).state.bindings) == 3


async def test_a_timer_of_one_invoice_does_not_move_another(shop: Shop) -> None:
    ann = await shop.ann()
    one = await shop.begin(ann, initial_state="reminded")
    await shop.say("acknowledged")
    two = await shop.begin(ann, entity_id="INV-2", initial_state="acknowledged")
    await shop.after(2 * DAY)
    assert [await shop.state(one.id), await shop.state(two.id)] == ["overdue", "acknowledged"]


async def test_cv_31_the_history_of_a_binding_is_kept(shop: Shop) -> None:
    ann = await shop.ann()
    binding = await shop.begin(ann)
    await shop.put(ann, "action:outreach_sent")
    await shop.put(ann, "manual:close", sure=True)
    kept = await shop.store.binding(binding.id)
    assert kept is not None
    assert kept.is_terminal
    assert kept.resolved_at is not None
    first, second = [move.moved for move in await shop.store.moves(kept)]
    assert (first.from_state, first.to_state, first.trigger_type) == ("pending", "reminded", "action")  # type: ignore[union-attr]
    assert second.conditions_met == (  # type: ignore[union-attr]
        {"field": "extra_data.sure", "operator": "eq", "value": True, "saw": True},
    )


async def test_promise_6_the_log_folds_to_the_state(shop: Shop) -> None:
    ann = await shop.ann()
    await shop.begin(ann)
    for change in ("action:outreach_sent", "intent:acknowledged", "timeout:no_payment_48h"):
        await shop.put(ann, change)
    await shop.settle()
    await shop.say("will_pay")
    record = await shop.conversation(ann)
    events = [decode(one.kind, one.payload) for one in await shop.store.events(ann) if one.payload]
    assert fold(events) == record.state


async def test_what_a_condition_may_look_at(shop: Shop) -> None:
    """The contact, the conversation and what the business said are in the log of a run as inputs."""
    ann = await shop.ann()
    change = Change(kind="begin", value="payment", data={"binding_id": "b-1", "business_context": {"tier": "gold"}})
    await shop.service.respond(request_to(await shop.conversation(ann), change))
    assert (await shop.conversation(ann)).state.business_context == {"tier": "gold"}


# Beginning


async def test_cv_9_a_binding_is_begun_and_shown(shop: Shop) -> None:
    ann = await shop.ann()
    binding = await shop.begin(ann, initial_state="reminded", business_data={"amount": 5})
    assert (binding.state, binding.entity_id, binding.entity_type) == ("reminded", "INV-1", "invoice")
    assert binding.business_data == {"amount": 5}
    assert binding.contact_id == (await shop.conversation(ann)).contact_id
    assert await shop.store.moves(binding) == []
    assert await shop.effects() == []


async def test_cv_9_what_cannot_be_begun_is_refused(shop: Shop) -> None:
    ann = await shop.ann()
    with pytest.raises(ProcessUnknown, match="no process baking"):
        await shop.begin(ann, "baking")
    with pytest.raises(StateUnknown):
        await shop.begin(ann, initial_state="nowhere")
    with pytest.raises(ConversationNotFound):
        await shop.begin("nobody")
    assert await shop.bindings() == []


async def test_too_many_open_bindings_are_refused_and_the_conversation_goes_on(shop: Shop) -> None:
    ann = await shop.ann()
    for number in range(MAX_OPEN):
        await shop.begin(ann, entity_id=f"INV-{number}")
    with pytest.raises(BindingsFull):
        await shop.begin(ann)
    record = await shop.conversation(ann)
    change = Change(kind="begin", value="payment", data={"binding_id": "one too many"})
    answer = await shop.service.respond(request_to(record, change))
    assert "open bindings already" in answer.outcome.facts["refused"]
    assert answer.outcome.status == "completed"


async def test_a_key_makes_an_operators_word_count_once(shop: Shop) -> None:
    ann = await shop.ann()
    binding = await shop.begin(ann, "order", entity_type="order", entity_id="O-1")
    for _ in range(3):
        await shop.service.change_context(ann, "intent", "question", key="k-1")
    assert len(await shop.store.moves(binding)) == 1


async def test_effects_carry_json_only(shop: Shop) -> None:
    await shop.begin(await shop.ann(), initial_state="reminded")
    await shop.say("will_pay")
    for kept in await shop.store.effects(EffectQuery(limit=10)):
        assert json.loads(json.dumps(dict(kept.effect.payload))) == kept.effect.payload
