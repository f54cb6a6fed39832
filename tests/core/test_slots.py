"""Slots: what they accept, and that what is accepted stays acceptable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.slots import MAX_VALUE_CHARS, Refused, named_choice, says_nothing, validate
from tests.core.forms import EVERYTHING

SLOTS = {slot.name: slot for slot in EVERYTHING.slots}

ACCEPTED = [
    ("name", " John   Doe ", "John Doe"),
    ("name", "李小龙", "李小龙"),
    ("name", "प्रिया शर्मा", "प्रिया शर्मा"),
    ("name", "Müller-Lüdenscheidt", "Müller-Lüdenscheidt"),
    ("name", "Miles O’Brien", "Miles O’Brien"),
    ("name", "J. R. R. Tolkien", "J. R. R. Tolkien"),
    ("name", "María de los Ángeles García López", "María de los Ángeles García López"),
    ("email", "Ana.O'Hara+news@Example.COM", "Ana.O'Hara+news@example.com"),
    ("phone", "+49 (30) 1234-567", "+49301234567"),
    ("platform", "yt", "YouTube"),
    ("platform", "TWITTER", "X"),
    ("platform", "Nebula", "Nebula"),
    ("platform", "{{ 7*7 }}", "{{ 7*7 }}"),
    ("size", "l", "L"),
]
REFUSED = [
    ("name", "", "that does not look like a name"),
    ("name", "R2D2", "that does not look like a name"),
    ("name", "ok thanks", "that does not look like a name"),
    ("name", "{{ config }}", "that does not look like a name"),
    ("name", "<b>Bob</b>", "that does not look like a name"),
    ("name", "a b c d e f g", "that does not look like a name"),
    ("name", "x" * (MAX_VALUE_CHARS + 1), "that does not look like a name"),
    ("email", "john@gmail", "that does not look like an e-mail address"),
    ("email", "john.example.com", "that does not look like an e-mail address"),
    ("email", "a" * 300 + "@example.com", "that does not look like an e-mail address"),
    ("phone", "12345", "that does not look like a phone number"),
    ("phone", "call me", "that does not look like a phone number"),
    ("platform", "maybe later", "please say which one, for example YouTube, TikTok, Instagram"),
    ("platform", "?!", "please say which one, for example YouTube, TikTok, Instagram"),
    ("platform", "y" * (MAX_VALUE_CHARS + 1), "please use between 1 and 200 characters"),
    ("size", "huge", "please choose one of S, L"),
]


@pytest.mark.parametrize(("name", "text", "value"), ACCEPTED)
def test_what_is_accepted_and_how_it_is_kept(name: str, text: str, value: str) -> None:
    assert validate(SLOTS[name], text) == value


@pytest.mark.parametrize(("name", "text", "reason"), REFUSED)
def test_what_is_refused_and_why(name: str, text: str, reason: str) -> None:
    with pytest.raises(Refused, match=f"^{reason}$"):
        validate(SLOTS[name], text)


@given(st.sampled_from(sorted(SLOTS)), st.text(max_size=300))
def test_what_was_accepted_is_accepted_again_as_it_is(name: str, text: str) -> None:
    try:
        value = validate(SLOTS[name], text)
    except Refused:
        return
    assert validate(SLOTS[name], value) == value
    assert 0 < len(value) <= MAX_VALUE_CHARS


@pytest.mark.parametrize("text", ["", "  ", "ok", "Hmm...", "no, thank you", "(maybe) later!"])
def test_words_that_are_no_value(text: str) -> None:
    assert says_nothing(text)


def test_a_choice_is_named_by_any_of_its_words() -> None:
    assert named_choice(" You Tube!", SLOTS["platform"]) == "YouTube"
    assert named_choice("on YouTube", SLOTS["platform"]) is None
