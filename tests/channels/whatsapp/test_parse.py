"""CV.17, AS.40: each kind of message as the text of a turn, and what is no message."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.channels.whatsapp.inbound import Inbound
from antiphon.channels.whatsapp.parse import parse, receipts
from antiphon.core.errors import WebhookUnreadable
from tests.channels.whatsapp.recorded import NAMES, NUMBER_ID, PHONE, USER_ID, message_in, recorded, value_of

SAID = {
    "text": "Does it come in another colour?",
    "text_quoting": "This one",
    "button_reply": "I pay on Friday",
    "list_reply": "Pro",
    "form_reply": "[form] Sent",
    "button": "Stop reminders",
    "image": "The parcel, as it came",
    "image_without_caption": "[image]",
    "document": "[document: INV-2024-1234.pdf]",
    "audio": "[audio]",
    "video": "See how it rattles",
    "sticker": "[sticker]",
    "location": "[location: Philz Coffee, 101 Forest Ave, Palo Alto (37.4847, -122.147)]",
    "contacts": "[contact: Barbara Johnson +1 650 555 9999 barbara@example.com]",
    "order": "[order: 2 x di9ozbzfi4] As a gift, please",
    "user_id_only": "It is me again",
}
QUIET = sorted(set(NAMES) - set(SAID) - {"several"})


def one(name: str) -> Inbound:
    (message,) = parse(recorded(name)).messages
    return message


@pytest.mark.parametrize(("name", "text"), SAID.items())
def test_cv_17_each_kind_has_a_text(name: str, text: str) -> None:
    message = one(name)
    assert message.text == text
    assert message.address == (USER_ID if name == "user_id_only" else PHONE)
    assert message.user_id == USER_ID
    assert message.name == "Sheena Nelson"
    assert message.sent_at is not None
    assert message.sent_at.isoformat() == "2025-11-21T14:00:00+00:00"


@pytest.mark.parametrize("name", QUIET)
def test_cv_17_what_is_no_message_says_nothing(name: str) -> None:
    assert parse(recorded(name)).messages == ()


def test_every_level_is_looked_through_in_order() -> None:
    parsed = parse(recorded("several"))
    assert [message.text for message in parsed.messages] == ["One", "Two", "Three"]
    assert [receipt.status for receipt in parsed.receipts] == ["read"]


def test_what_was_more_than_words_goes_along() -> None:
    data = one("image").data
    assert data["reply_to"] == {"channel": "whatsapp", "address": PHONE, "sender_id": NUMBER_ID}
    assert data["whatsapp"]["media"] == {
        "kind": "image",
        "id": "1003383421387256",
        "mime_type": "image/jpeg",
        "sha256": "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=",
    }
    assert one("button_reply").data["whatsapp"]["choice_id"] == "pay-friday"
    assert one("button").data["whatsapp"]["choice_id"] == "STOP"
    assert one("text_quoting").data["whatsapp"]["quotes"] == "wamid.HBgLMTU1NTA3ODM4ODE"
    assert json.loads(json.dumps(data)) == data


def test_receipts_name_the_effect_and_why_it_failed() -> None:
    (failed,) = receipts(parse(recorded("status_failed")))
    assert (failed.status, failed.key, failed.codes) == ("failed", "run-1:0", (131047,))
    assert (failed.recipient, failed.message_id) == (PHONE, "wamid.HBgLMTU1NTA3ODM4ODE")


def test_a_message_of_our_own_phone_is_an_echo() -> None:
    (aside,) = parse(recorded("echo")).asides
    assert aside.kind == "echo"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"a":' * 5000])
def test_what_is_no_object_is_refused_cleanly(body: bytes) -> None:
    with pytest.raises(WebhookUnreadable):
        parse(body)


@pytest.mark.parametrize("missing", ["id", "type", "text"])
def test_a_message_without_what_it_needs_is_passed_over(missing: str) -> None:
    value = value_of("text")
    del message_in(value)[missing]
    parsed = parse(json.dumps(value).encode())
    assert parsed.messages == ()
    assert len(parsed.asides) == 1


@pytest.mark.parametrize("sender", ["", " ", "a b", "../x", "x" * 129, "\u202e1", 5, None, {}, "a\nb"])
def test_nobody_who_cannot_be_named_is_heard(sender: Any) -> None:
    value = value_of("system")  # introduces nobody
    message_in(value).update({"from": sender, "type": "text", "text": {"body": "hello"}})
    assert parse(json.dumps(value).encode()).messages == ()


def test_nul_characters_and_too_long_texts_are_cut() -> None:
    value = value_of("text")
    message_in(value)["text"]["body"] = "a\x00b" + "c" * 10_000
    (message,) = parse(json.dumps(value).encode()).messages
    assert message.text.startswith("abc")
    assert len(message.text) == 5000


def test_a_number_of_ours_that_is_no_path_is_forgotten() -> None:
    value = value_of("text")
    value["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "../me"
    (message,) = parse(json.dumps(value).encode()).messages
    assert "sender_id" not in message.data["reply_to"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab\x00 .", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(name=st.sampled_from(NAMES), replaced=JSON, data=st.data())
def test_any_value_in_any_place_is_taken(name: str, replaced: Any, data: st.DataObject) -> None:
    """A wrong type anywhere never raises, and every message that is left can be stored."""
    value: Any = value_of(name)
    within, key = value, "entry"
    while isinstance(within[key], dict | list) and within[key] and data.draw(st.booleans()):
        within = within[key]
        key = data.draw(st.sampled_from(sorted(within) if isinstance(within, dict) else range(len(within))))
    within[key] = replaced
    for message in parse(json.dumps(value).encode()).messages:
        assert message.text.strip()
        assert "\x00" not in json.dumps(message.data) + message.text
