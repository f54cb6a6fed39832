"""What a browser's frames say (CV.20): any text is understood or said to be unusable, and none raises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.channels.chat.parse import MAX_CHARS, parse
from antiphon.core import chat

FRAMES: list[tuple[dict[str, object], chat.Frame]] = [
    ({"type": "message", "content": "Hi"}, chat.Said(content="Hi")),
    ({"content": "Hi", "message_id": "m"}, chat.Said(content="Hi", message_id="m")),
    ({"type": "typing", "is_typing": True}, chat.Typing(is_typing=True)),
    ({"type": "heartbeat"}, chat.Heartbeat()),
    ({"type": "pong"}, chat.Pong()),
    ({"type": "ack", "message_id": "c.1"}, chat.Acknowledged(message_id="c.1")),
    ({"type": "presence", "status": "away"}, chat.Present(status="away")),
]


@pytest.mark.parametrize(("frame", "said"), FRAMES)
def test_cv20_each_kind_of_frame_is_read(frame: dict[str, object], said: chat.Frame) -> None:
    assert parse(json.dumps(frame)) == said


@pytest.mark.parametrize("text", ["Hello there", "{not json", "42", '"Hi"', "[1]", "null", "<b>hi</b>"])
def test_cv20_what_is_no_json_object_is_a_message(text: str) -> None:
    assert parse(text) == chat.Said(content=text)


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"type": "shout"},
        {"type": ["message"]},
        {"type": "message"},
        {"type": "message", "content": 5},
        {"type": "message", "content": " \n"},
        {"type": "message", "content": "a\0b"},
        {"type": "message", "content": "x" * (MAX_CHARS + 1)},
        {"type": "message", "content": "Hi", "message_id": 5},
        {"type": "message", "content": "Hi", "message_id": ""},
        {"type": "message", "content": "Hi", "message_id": "x" * 129},
        {"type": "typing", "is_typing": 1},
        {"type": "ack"},
        {"type": "presence", "status": ""},
        {"type": "presence", "status": "x" * 100},
    ],
)
def test_cv20_what_cannot_be_used_is_said_to_be_so(frame: dict[str, object]) -> None:
    assert isinstance(parse(json.dumps(frame)), chat.Unusable)


def test_a_message_that_is_refused_keeps_its_name() -> None:
    frame = parse(json.dumps({"type": "message", "content": " ", "message_id": "m"}))
    assert frame == chat.Unusable(reason="content is blank", message_id="m")


@pytest.mark.parametrize("frame", [frame for frame, _ in FRAMES])
def test_a_frame_cut_anywhere_is_no_failure(frame: dict[str, object]) -> None:
    text = json.dumps(frame)
    assert all(isinstance(parse(text[:end]), chat.Frame) for end in range(len(text)))


def test_what_is_nested_a_thousand_deep_is_no_failure() -> None:
    assert isinstance(parse('{"type":' + "[" * 2000), chat.Frame)
    assert isinstance(parse('{"type":' * 100 + "1" + "}" * 100), chat.Unusable)


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_no_text_raises(text: str) -> None:
    assert isinstance(parse(text), chat.Frame)


@pytest.mark.parametrize("name", ["", ".", "c", "c.", ".5", "d.5", "c.-5", "c.5x", "c.٣", "c.c.5", "c." + "9" * 40])
def test_a_name_that_is_no_message_of_the_conversation_has_no_place(name: str) -> None:
    assert chat.place_of(name, "c") == 0


def test_a_message_is_named_by_its_place() -> None:
    assert chat.place_of(chat.message_name("c.d", 17), "c.d") == 17
