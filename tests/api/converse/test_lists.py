"""What there is, and how it came about."""

from pathlib import Path

from tests.api.converse.desk import Desk, a_name, until
from tests.server import Server


def test_cv_5_and_cv_6_the_maps_as_they_are_written(desk: Desk) -> None:
    maps = {one["process_type"]: one for one in desk.get("state-maps")}
    assert set(maps) == {"payment_collection", "order_fulfillment", "feedback_collection"}
    payment = desk.get("state-maps/payment_collection")
    assert payment == maps["payment_collection"]
    assert payment["initial_state"] == "pending"
    assert set(payment["terminal_states"]) == {"confirmed", "closed"}
    assert {"pending", "reminded", "acknowledged", "promised", "overdue", "escalated"} <= set(payment["states"])
    first = payment["transitions"][0]
    assert (first["from_states"], first["to_state"], first["trigger"]["type"]) == (["pending"], "reminded", "action")


def test_cv_29_acknowledging_sets_a_check_after_two_days(desk: Desk) -> None:
    hello, _, address = desk.reminded()
    answer = desk.say("ok noted, will look into it", address=address)
    assert [move["to"] for move in answer["transitions"]] == ["acknowledged"]
    (check,) = [one for one in desk.follow_ups(hello["contact_id"]) if one["metadata"]["is_scheduled_check"]]
    assert (check["status"], check["priority"]) == ("scheduled", "low")
    assert check["next_attempt_at"] == answer["action_results"][0]["fires_at"]


def test_cv_7_cv_8_and_cv_31_bindings_and_what_fired_each_move(desk: Desk) -> None:
    hello, binding, address = desk.reminded(business_data={"amount": 1200})
    desk.say("I have paid it just now", address=address)
    whole = desk.get(f"state-bindings/{binding['id']}")
    assert whole["current_state"] == "confirmed"
    assert whole["metadata"]["is_terminal"] is True
    assert whole["resolved_at"]
    assert whole["business_data"] == {"amount": 1200}
    assert [(one["from_state"], one["to_state"]) for one in whole["history"]] == [
        ("pending", "reminded"),
        ("reminded", "confirmed"),
    ]
    first, second = whole["history"]
    assert (first["trigger_type"], first["trigger_value"]) == ("action", "outreach_sent")
    assert (second["trigger_type"], second["trigger_value"]) == ("intent", "payment_confirmed")
    assert second["actions_fired"] == ["update_backend", "resolve"]
    assert second["metadata"]["transition_desc"]
    listed = desk.get("state-bindings", contact_id=hello["contact_id"])
    assert [one["id"] for one in listed] == [binding["id"]]
    assert desk.get("state-bindings", contact_id=hello["contact_id"], current_state="pending") == []
    assert desk.get("state-bindings", contact_id=hello["contact_id"], process_type="order_fulfillment") == []


def test_cv_10_what_could_move_a_conversation(desk: Desk) -> None:
    hello, binding, _ = desk.reminded()
    (state,) = desk.get(f"conversations/{hello['conversation_id']}/states")
    assert state["binding_id"] == binding["id"]
    assert (state["current_state"], state["is_terminal"], state["history_length"]) == ("reminded", False, 1)
    assert state["last_transition"]["to_state"] == "reminded"
    assert "confirmed" in state["terminal_states"]
    ways = {way["to_state"] for way in state["available_triggers"]}
    assert {"acknowledged", "promised", "confirmed", "closed", "escalated"} <= ways


def test_cv_11_the_figures_add_up(desk: Desk) -> None:
    before = desk.get("stats")
    _, _, address = desk.reminded()
    desk.say("I have paid it just now", address=address)
    after = desk.get("stats")
    assert after["total_conversations"] == before["total_conversations"] + 1
    assert after["resolved"] == before["resolved"] + 1
    assert after["total_contacts"] == before["total_contacts"] + 1
    assert after["total_state_bindings"] == before["total_state_bindings"] + 1
    confirmed = before["state_distribution"].get("payment_collection", {}).get("confirmed", 0)
    assert after["state_distribution"]["payment_collection"]["confirmed"] == confirmed + 1
    assert after["rules"] == 4
    assert "chat" in after["available_channels"]


def test_cv_12_conversations_by_status_and_channel(desk: Desk) -> None:
    address = a_name()
    hello = desk.say("Hello", address=address)
    desk.begin(hello["conversation_id"])
    desk.change(hello["conversation_id"], "action", "outreach_sent")
    desk.say("I have paid it just now", address=address)
    found = desk.get("conversations", status="resolved", channel="chat", limit=200)
    mine = next(one for one in found if one["id"] == hello["conversation_id"])
    assert (mine["status"], mine["active_channel"], mine["channels_used"]) == ("resolved", "chat", ["chat"])
    assert mine["resolved_at"]
    assert mine["state_bindings"] == []
    assert "messages" not in mine
    assert hello["conversation_id"] not in [one["id"] for one in desk.get("conversations", channel="email", limit=200)]
    whole = desk.get(f"conversations/{hello['conversation_id']}")
    said = [(one["direction"], one["content"]) for one in whole["messages"]]
    assert said[0] == ("inbound", "Hello")
    assert ("inbound", "I have paid it just now") in said
    assert {one["sender_id"] for one in whole["messages"]} == {hello["contact_id"], "agent"}
    page = desk.get("conversations", limit=1)
    assert len(page) == 1
    assert desk.get("conversations", limit=1, offset=1) != page
    for params in ({"limit": 201}, {"limit": 0}, {"offset": -1}, {"status": "asleep"}, {"channel": "pigeon"}):
        assert desk.client.get("/api/v1/conversations", params=params).status_code == 422, params


def test_cv_13_cv_26_and_cv_35_a_follow_up_is_sent_and_answered(desk: Desk) -> None:
    """What a process enqueues goes out on a channel, is awaited, and is completed by the reply."""
    invoice = f"INV-{a_name()}"
    hello, binding, address = desk.reminded(entity_id=invoice)
    conversation = hello["conversation_id"]
    desk.change(conversation, "intent", "payment_promised")
    desk.change(conversation, "timeout", "promise_check")
    assert desk.state(binding["id"]) == "overdue"
    sent = until(
        lambda: [
            one
            for one in desk.follow_ups(hello["contact_id"])
            if one["status"] == "awaiting_reply" and not one["metadata"]["is_scheduled_check"]
        ]
    )
    assert (sent[0]["priority"], sent[0]["current_channel"]) == ("high", "chat")
    assert desk.get(f"conversations/{conversation}")["status"] == "waiting_response"
    assert desk.get(f"conversations/{conversation}")["attempt_count"] >= 1
    desk.say("ok ok, noted", address=address)
    (answered,) = [one for one in desk.follow_ups(hello["contact_id"]) if one["id"] == sent[0]["id"]]
    assert answered["status"] == "completed"


def test_cv_14_contacts_of_the_backend_have_their_channels(desk: Desk) -> None:
    desk.post("process")
    known = {one["external_id"]: one for one in desk.get("contacts", limit=200)}
    assert "D001" in known
    assert known["D001"]["channels"]


def test_cv_15_the_queue_is_shown(desk: Desk) -> None:
    figures = desk.get("queue/stats")
    assert set(figures) == {"dispatch_queue_depth", "dlq_depth", "consumer_running"}
    assert figures["consumer_running"] is True


def test_cv_16_dead_jobs_are_replayed_by_whoever_may(tmp_path: Path) -> None:
    with Server(tmp_path / "data", env={"AUTOFLOW_ADMIN_API_KEY": "boss"}) as server:
        refused = server.client.post("/api/v1/queue/dlq/replay")
        assert refused.status_code == 401
        allowed = server.client.post("/api/v1/queue/dlq/replay", headers={"X-Admin-Key": "boss"})
        assert (allowed.status_code, allowed.json()) == (200, {"replayed": 0})


def test_cv_32_one_conversation_over_every_channel_of_a_contact(desk: Desk) -> None:
    desk.post("process")  # brings the backend's contacts with their addresses
    contact = next(one for one in desk.get("contacts", limit=200) if one["external_id"] == "D001")
    by_channel = {one["channel"]: one["address"] for one in contact["channels"]}
    assert len(by_channel) >= 2
    answers = [desk.say("Hello", channel=channel, address=address) for channel, address in by_channel.items()]
    assert {answer["conversation_id"] for answer in answers} == {answers[0]["conversation_id"]}
    assert {answer["contact_id"] for answer in answers} == {contact["id"]}
    whole = desk.get(f"conversations/{answers[0]['conversation_id']}")
    assert set(by_channel) <= set(whole["channels_used"])
