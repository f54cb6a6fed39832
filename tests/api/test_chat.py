"""AutoStream's conversation over HTTP."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.server import Server

SIGN_UP = ("I want to sign up for the Pro plan", "John Doe", "john@example.com", "YouTube")


def leads(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((server.data / "leads/leads.json").read_text())
    return found


def conversations(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((server.data / "conversations/conversations.json").read_text())
    return found


def test_as_7_chat_answers_with_exactly_the_fields_of_the_contract(server: Server, session: str) -> None:
    answer = server.say("Hi", session)
    assert answer.keys() == {"response", "session_id", "intent", "lead_captured"}
    assert answer["session_id"] == session
    assert answer["lead_captured"] is False


def test_as_25_a_greeting_gets_the_welcome(server: Server, session: str) -> None:
    answer = server.say("Hi there!", session)
    assert "Welcome to AutoStream" in answer["response"]
    assert answer["intent"] == "greeting"


def test_as_26_a_pricing_question_gets_both_plans(server: Server, session: str) -> None:
    answer = server.say("What are your pricing plans?", session)
    for fact in ("Basic", "$29/month", "10 videos", "720p", "Pro", "$79/month", "4K", "AI captions", "24/7 support"):
        assert fact.lower() in answer["response"].lower()
    assert "unlimited" in answer["response"].lower()
    assert answer["intent"] == "product_inquiry"


def test_as_27_to_29_a_sign_up_becomes_a_lead_one_question_per_turn(server: Server, session: str) -> None:
    opening, name, email, platform = (server.say(message, session) for message in SIGN_UP)
    assert opening["intent"] == "high_intent"
    assert "name" in opening["response"].lower()
    assert "mail" in name["response"].lower()
    assert "platform" in email["response"].lower()
    assert [name["intent"], email["intent"]] == ["lead_collection"] * 2
    assert [turn["lead_captured"] for turn in (opening, name, email, platform)] == [False, False, False, True]
    assert re.search(r"Lead ID LEAD-\d{5}", platform["response"])


def test_as_34_and_35_the_lead_is_in_the_file_when_the_reply_announces_it(server: Server, session: str) -> None:
    *_, answer = [server.say(message, session) for message in SIGN_UP]
    (lead_id,) = re.findall(r"LEAD-\d{5}", answer["response"])
    (record,) = [lead for lead in leads(server) if lead["lead_id"] == lead_id]
    assert record.keys() == {"lead_id", "name", "email", "platform", "timestamp", "status"}
    assert (record["name"], record["email"], record["platform"]) == ("John Doe", "john@example.com", "YouTube")
    assert record["status"] == "captured"


def test_as_31_and_32_the_conversation_is_in_the_file_within_a_moment(server: Server, session: str) -> None:
    for message in SIGN_UP:
        server.say(message, session)
    entry = eventually(lambda: conversations(server).get(session), lambda found: len(found["messages"]) == 8)
    assert entry.keys() >= {"messages", "intent", "retrieved_knowledge", "collected_lead", "response", "lead_captured"}
    assert [message["role"] for message in entry["messages"]] == ["user", "assistant"] * 4
    assert entry["messages"][0]["content"] == SIGN_UP[0]
    assert entry["collected_lead"] == {"name": "John Doe", "email": "john@example.com", "platform": "YouTube"}
    assert entry["lead_captured"] is True


def test_as_23_a_follow_up_is_understood_from_the_turn_before(server: Server, session: str) -> None:
    server.say("How much is the Basic plan?", session)
    assert "$79" in server.say("And the Pro plan?", session)["response"]


def test_as_30_an_invalid_address_is_asked_again_and_nothing_is_stored(server: Server, session: str) -> None:
    before = len(leads(server))
    server.say("I'd like to sign up", session)
    server.say("Ada", session)
    answer = server.say("ada at nowhere", session)
    assert answer["lead_captured"] is False
    assert "mail" in answer["response"].lower()
    assert len(leads(server)) == before


def test_two_requests_at_once_on_one_session_are_both_answered_in_order(server: Server, session: str) -> None:
    messages = [f"What is the refund policy, question {number}?" for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda message: server.say(message, session), messages))
    assert all(answer["response"] for answer in answers)
    entry = eventually(lambda: conversations(server).get(session), lambda found: len(found["messages"]) == 24)
    assert [message["role"] for message in entry["messages"]] == ["user", "assistant"] * 12
    assert sorted(message["content"] for message in entry["messages"][::2]) == sorted(messages)


def test_an_idempotency_key_gets_the_first_reply_again(server: Server, session: str) -> None:
    request = {"message": "Hi", "session_id": session}
    headers = {"Idempotency-Key": session}
    first = server.client.post("/chat", json=request, headers=headers)
    again = server.client.post("/chat", json=request, headers=headers)
    assert first.json() == again.json()
    assert first.headers["X-Run-ID"] == again.headers["X-Run-ID"]
    other = server.client.post("/chat", json={**request, "message": "Bye"}, headers=headers)
    assert other.status_code == 422


def test_as_33_and_36_a_session_goes_on_after_a_restart_and_after_copying_the_folder(tmp_path: Path) -> None:
    with Server(tmp_path / "data") as first:
        first.say("I want to sign up", "s")
        first.say("Grace Hopper", "s")
        assert first.stop() == 0
    (tmp_path / "data").rename(tmp_path / "copy")
    with Server(tmp_path / "copy") as second:
        second.say("grace@example.com", "s")
        answer = second.say("Twitch", "s")
        assert answer["lead_captured"] is True
        assert leads(second)[0]["name"] == "Grace Hopper"


def eventually(look: Any, holds: Any, seconds: float = 10.0) -> Any:
    """What `look` finds once `holds` of it; fails with the last thing found when time is up."""
    deadline = time.monotonic() + seconds
    found = look()
    while not (found and holds(found)) and time.monotonic() < deadline:
        time.sleep(0.05)
        found = look()
    assert found
    assert holds(found), found
    return found
