"""Voice transcripts (CV.19)."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.converse.desk import Desk, a_name
from tests.server import Server

HELLO = "Hello"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Server(tmp_path_factory.mktemp("voice") / "data") as server:
        yield Desk(server)


def spoken(desk: Desk, call_id: str, **given: Any) -> Any:
    return desk.post("voice/transcript", {"call_id": call_id, "text": HELLO, **given})


def test_cv19_final_words_of_the_contact_are_answered(desk: Desk) -> None:
    answer = spoken(desk, a_name(), role="contact", confidence=0.8, is_final=True)
    assert answer["status"] == "ok"
    assert answer["response"]
    conversation = desk.get(f"conversations/{answer['conversation_id']}")
    assert conversation["active_channel"] == "voice"
    assert [said["content"] for said in conversation["messages"]] == [HELLO, answer["response"]]


@pytest.mark.parametrize(
    "given", [{"is_final": False}, {"role": "agent"}, {"role": ""}, {"text": ""}, {"text": "  ", "is_final": False}]
)
def test_cv19_all_else_is_only_taken_note_of(desk: Desk, given: dict[str, Any]) -> None:
    before = desk.get("stats")["total_conversations"]
    assert spoken(desk, a_name(), **given) == {"status": "ok"}
    assert desk.get("stats")["total_conversations"] == before


def test_cv32_calls_of_a_number_are_one_conversation(desk: Desk) -> None:
    first = spoken(desk, a_name(), caller="+49 151 234567")
    second = spoken(desk, a_name(), caller="0049151234567")
    third = spoken(desk, "tel:+49151234567")
    assert first["conversation_id"] == second["conversation_id"] == third["conversation_id"]


def test_cv19_the_digits_in_the_name_of_a_call_are_no_number(desk: Desk) -> None:
    name = a_name()
    one, other = spoken(desk, f"CA-{name}-12"), spoken(desk, f"RE-{name}-12")
    assert one["conversation_id"] != other["conversation_id"]


def test_cv19_a_transcript_that_comes_twice_under_a_key_counts_once(desk: Desk) -> None:
    body = {"call_id": a_name(), "text": HELLO}
    answers = [
        desk.client.post("/api/v1/voice/transcript", json=body, headers={"Idempotency-Key": body["call_id"]})
        for _ in range(2)
    ]
    assert answers[0].headers["X-Run-ID"] == answers[1].headers["X-Run-ID"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"call_id": "c"},
        {"text": HELLO},
        {"call_id": "", "text": HELLO},
        {"call_id": "c" * 129, "text": HELLO},
        {"call_id": "c\0", "text": HELLO},
        {"call_id": "c", "text": "\0"},
        {"call_id": "c", "text": "x" * 5001},
        {"call_id": 5, "text": HELLO},
        {"call_id": "c", "text": HELLO, "confidence": 2},
        {"call_id": "c", "text": HELLO, "confidence": "high"},
        {"call_id": "c", "text": HELLO, "is_final": "yes"},
        {"call_id": "c", "text": HELLO, "more": 1},
    ],
)
def test_cv19_what_is_no_transcript_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    desk.post("voice/transcript", body, status=422)
