"""Messages, events and operators' words, and what they move."""

import pytest

from tests.api.converse.desk import Desk, a_name, wrong


def test_cv_1_a_message_of_somebody_unknown_makes_a_contact(desk: Desk) -> None:
    address = a_name()
    answer = desk.say("When is my invoice due?", channel="chat", address=address)
    assert set(answer) == {
        "conversation_id",
        "contact_id",
        "intent",
        "response",
        "channel",
        "transitions",
        "action_results",
    }
    assert answer["channel"] == "chat"
    assert answer["response"]
    contact = next(one for one in desk.get("contacts") if one["id"] == answer["contact_id"])
    assert contact["name"] == f"Unknown ({address})"
    assert contact["channels"] == [{"channel": "chat", "address": address, "preferred": False, "verified": True}]
    again = desk.say("thanks", channel="chat", address=address)
    assert (again["conversation_id"], again["contact_id"]) == (answer["conversation_id"], answer["contact_id"])


def test_cv_24_what_was_understood_is_told(desk: Desk) -> None:
    intent = desk.say("I will pay 5,000 INR for INV-2024-77 tomorrow")["intent"]
    assert set(intent) == {"intent", "confidence", "extracted_info", "sentiment", "suggested_action"}
    assert intent["intent"] == "payment_promised"
    assert 0.5 < intent["confidence"] <= 1
    assert intent["extracted_info"]["amounts"][0]["value"] == 5000
    assert intent["extracted_info"]["invoices"] == ["INV-2024-77"]
    assert desk.say("this is a terrible experience, I am very unhappy")["intent"]["sentiment"] == "negative"


def test_cv_24_an_intent_moves_a_process_and_its_actions_are_told(desk: Desk) -> None:
    _, binding, address = desk.reminded()
    answer = desk.say("I'll pay on Friday, promise", address=address)
    (move,) = answer["transitions"]
    assert (move["process_type"], move["from"], move["to"]) == ("payment_collection", "reminded", "promised")
    assert move["actions"] == ["update_backend", "schedule_check"]
    results = {one["action"]: one for one in answer["action_results"]}
    assert results["update_backend"]["status"] == "sent"
    assert results["schedule_check"]["status"] == "scheduled"
    assert results["schedule_check"]["fires_at"]
    assert desk.state(binding["id"]) == "promised"


def test_cv_2_and_cv_25_an_event_moves_what_it_is_about(desk: Desk) -> None:
    invoice = f"INV-{a_name()}"
    _, binding, _ = desk.reminded(entity_id=invoice)
    _, other, _ = desk.reminded(entity_id=f"INV-{a_name()}")
    told = desk.post(
        "events", {"event_name": "payment_received", "data": {"entity_type": "invoice", "entity_id": invoice}}
    )
    assert told["event"] == "payment_received"
    (result,) = told["results"]
    assert result == {
        "source": "state_machine",
        "binding_id": binding["id"],
        "process_type": "payment_collection",
        "transition": "reminded → confirmed",
        "actions": ["enqueue_followup", "resolve"],
    }
    assert desk.state(binding["id"]) == "confirmed"
    assert desk.state(other["id"]) == "reminded"


def test_cv_2_an_event_about_nothing_that_anybody_knows_is_said_to_be_so(desk: Desk) -> None:
    told = desk.post("events", {"event_name": "moon_landed", "data": {"entity_type": "moon", "entity_id": "1"}})
    assert told["results"] == []
    assert "on record" in told["detail"]


def test_cv_38_an_event_that_a_rule_waits_for_begins_a_follow_up(desk: Desk) -> None:
    order = f"ORD-{a_name()}"
    data = {"id": order, "contact_id": "D002", "order_value": 50_000, "order_id": order, "entity_id": order}
    told = desk.post("events", {"event_name": "order_placed", "data": {**data, "entity_type": "order"}})
    enqueued = [one for one in told["results"] if one["source"] == "rules_engine"]
    assert [one["status"] for one in enqueued] == ["enqueued"]
    assert enqueued[0]["job_id"].startswith("job_")
    again = desk.post("events", {"event_name": "order_placed", "data": {**data, "entity_type": "order"}})
    assert [one["status"] for one in again["results"] if one["source"] == "rules_engine"] == ["duplicate"]
    small = desk.post("events", {"event_name": "order_placed", "data": {**data, "id": "x", "order_value": 10}})
    assert small["results"] == []


def test_cv_3_and_cv_23_every_kind_of_change_takes_one_path(desk: Desk) -> None:
    hello, binding, _ = desk.reminded()
    conversation = hello["conversation_id"]
    (move,) = desk.change(conversation, "intent", "acknowledged")
    assert move == {
        "binding_id": binding["id"],
        "transition": "reminded → acknowledged",
        "actions": ["schedule_check"],
    }
    assert desk.change(conversation, "timeout", "nobody_waits_for_this") == []
    (move,) = desk.change(conversation, "timeout", "no_payment_48h")
    assert move["transition"] == "acknowledged → overdue"
    (move,) = desk.change(conversation, "event", "partial_payment_received")
    assert move["transition"] == "overdue → partial_paid"
    (move,) = desk.change(conversation, "manual", "close")
    assert move["transition"] == "partial_paid → closed"
    assert desk.change(conversation, "event", "payment_received") == []  # what has ended never moves


def test_cv_27_outreach_that_was_sent_is_a_change(desk: Desk) -> None:
    hello = desk.say("Hello")
    binding = desk.begin(hello["conversation_id"])
    assert binding["current_state"] == "pending"
    (move,) = desk.change(hello["conversation_id"], "action", "outreach_sent")
    assert move["transition"] == "pending → reminded"


def test_cv_30_several_processes_on_one_conversation_move_each_for_itself(desk: Desk) -> None:
    hello, payment, address = desk.reminded()
    order = desk.begin(hello["conversation_id"], "order_fulfillment", entity_type="order", entity_id=a_name())
    answer = desk.say("ok I have seen it, will check", address=address)
    assert [move["process_type"] for move in answer["transitions"]] == ["payment_collection"]
    assert desk.state(payment["id"]) == "acknowledged"
    assert desk.state(order["id"]) == "placed"
    states = desk.get(f"conversations/{hello['conversation_id']}/states")
    assert {one["process_type"]: one["current_state"] for one in states} == {
        "payment_collection": "acknowledged",
        "order_fulfillment": "placed",
    }


def test_cv_4_the_rules_are_held_against_the_backend(desk: Desk) -> None:
    first = desk.post("process")
    assert first["backend_items_evaluated"] == 3
    again = desk.post("process")
    assert (again["backend_items_evaluated"], again["followups_enqueued"]) == (3, 0)  # what goes on is not begun again


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("messages/inbound", {"channel": "pigeon", "sender_address": "a", "content": "b"}, "channel"),
        ("messages/inbound", {"channel": "chat", "sender_address": "", "content": "b"}, "sender_address"),
        ("messages/inbound", {"channel": "chat", "sender_address": "a", "content": " "}, "content"),
        ("messages/inbound", {"channel": "chat", "sender_address": "a\x00", "content": "b"}, "sender_address"),
        ("events", {"event_name": "", "data": {}}, "event_name"),
        ("events", {"event_name": "e", "data": {"n": 2**70}}, "data"),
        ("events", {"event_name": "e", "data": {"t": "a\x00"}}, "data"),
        ("events", {"event_name": "e", "data": []}, "data"),
        ("context-change", {"conversation_id": "c", "trigger_type": "whim", "trigger_value": "x"}, "trigger_type"),
        ("state-bindings", {"conversation_id": "c"}, "process_type"),
    ],
)
def test_bad_input_is_refused_with_its_place(desk: Desk, path: str, body: dict[str, object], place: str) -> None:
    answer = desk.client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 422
    assert place in wrong(answer)


def test_data_that_is_too_deep_is_refused(desk: Desk) -> None:
    deep: dict[str, object] = {}
    for _ in range(200):
        deep = {"d": deep}
    answer = desk.client.post("/api/v1/events", json={"event_name": "e", "data": deep})
    assert answer.status_code == 422
    assert "deeper" in wrong(answer)


def test_what_nobody_knows_is_not_found(desk: Desk) -> None:
    body = {"conversation_id": "nobody", "trigger_type": "manual", "trigger_value": "close"}
    assert desk.client.post("/api/v1/context-change", json=body).status_code == 404
    assert (
        desk.client.post(
            "/api/v1/state-bindings", json={"conversation_id": "nobody", "process_type": "payment_collection"}
        ).status_code
        == 404
    )
    for path in ("conversations/nobody", "conversations/nobody/states", "state-bindings/nobody", "state-maps/nobody"):
        assert desk.client.get(f"/api/v1/{path}").status_code == 404, path


def test_cv_9_a_process_or_state_that_is_not_there_is_a_bad_request(desk: Desk) -> None:
    conversation = desk.say("Hello")["conversation_id"]
    for given in ({"process_type": "moon"}, {"process_type": "payment_collection", "initial_state": "moon"}):
        answer = desk.client.post("/api/v1/state-bindings", json={"conversation_id": conversation, **given})
        assert answer.status_code == 400
        assert "moon" in wrong(answer)
