"""Sentences: where one ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.knowledge.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs $29/month. Pro is $79/month.", ["It costs $29/month.", "Pro is $79/month."]),
        ("Use a format, e.g. MP4 or MOV. Others fail.", ["Use a format, e.g. MP4 or MOV.", "Others fail."]),
        ("Videos are in 4K. Captions are included.", ["Videos are in 4K.", "Captions are included."]),
        ("We answer 24/7. Really!", ["We answer 24/7.", "Really!"]),
        ("Needs version 2.4.1 or later. Update first.", ["Needs version 2.4.1 or later.", "Update first."]),
        ("Is it free? No. We charge for it.", ["Is it free?", "No.", "We charge for it."]),
        ("See no. 5 of the list. Then stop.", ["See no. 5 of the list.", "Then stop."]),
        ("Open from 8 a.m. to 6 p.m. Sundays are off.", ["Open from 8 a.m. to 6 p.m.", "Sundays are off."]),
        ("Dr. Smith and J. Doe of Acme Inc. agreed.", ["Dr. Smith and J. Doe of Acme Inc. agreed."]),
        ("It covers mail, chat, etc. Phone is extra.", ["It covers mail, chat, etc.", "Phone is extra."]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("Well... it depends. $5 is the least.", ["Well... it depends.", "$5 is the least."]),
        ("Write to help@a.example or see https://a.example/x. Thanks.",
         ["Write to help@a.example or see https://a.example/x.", "Thanks."]),
        ("No full stop", ["No full stop"]),
        ("", []),
        (" \n ", []),
    ],
)  # fmt: skip
def test_a_sentence_ends_where_it_ends(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_a_line_break_ends_a_sentence() -> None:
    assert sentences("Plans\nBasic is small.\nPro is large.") == ["Plans", "Basic is small.", "Pro is large."]


def test_a_list_stays_with_the_line_that_announces_it() -> None:
    text = "You need:\n- a card\n- an email address\nThen sign up."
    assert sentences(text) == ["You need:\n- a card\n- an email address", "Then sign up."]


def test_items_that_nothing_announces_stand_alone() -> None:
    assert sentences("1. Open the app. Log in.\n2. Press Start.") == ["1. Open the app.", "Log in.", "2. Press Start."]


@given(st.text(alphabet=" \n.!?:-aA1$\"'(", max_size=80))
def test_nothing_is_lost(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
