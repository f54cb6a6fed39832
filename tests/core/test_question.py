"""Questions: what looks like one, and what a short one leans on."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.conversation import Conversation, Utterance
from antiphon.core.question import asks_for_other, is_question, leans_back, previous_question

ASKS = """how much is it
what do you need my name for
wait how much does it cost
ok, and what about Pro
do you support Twitch
is the payment monthly
can i cancel
will it work on my phone
before that, tell me about refunds
I'd like to know if you support Kick
I was wondering whether you have an app
my name is John and I'd like to know if you support 4K
Tia, and do you have an app
YouTube?
HOW MUCH IS PRO""".split("\n")
ASKS_NOT = """Will Smith
May Parker
Can Yaman
Do Nguyen
John Doe
YouTube
how@example.com
my e-mail is jo@example.com
no thanks
sign me up
will at example dot com
Kick and Rumble""".split("\n")


@pytest.mark.parametrize("text", ASKS)
def test_questions(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", ASKS_NOT)
def test_what_is_no_question(text: str) -> None:
    assert not is_question(text)


@pytest.mark.parametrize("text", ["and Pro?", "what about the other one", "does it have 4K?", "is that per month?"])
def test_short_ones_lean_back(text: str) -> None:
    assert leans_back(text)


@pytest.mark.parametrize("text", ["how much is Pro?", "is it true that you will delete all of my videos then?"])
def test_whoever_says_what_it_is_about_leans_on_nothing(text: str) -> None:
    assert not leans_back(text)


def test_the_other_one() -> None:
    assert asks_for_other("what about the other one")
    assert asks_for_other("and the other plan?")
    assert not asks_for_other("do you have other features?")


def test_the_previous_question_is_the_latest_that_stands_alone() -> None:
    said = [("user", "how much is Pro?"), ("assistant", "$79"), ("user", "and is it monthly?")]
    recent = tuple(Utterance(role=role, text=text) for role, text in said)  # type: ignore[arg-type]  # literals above
    assert previous_question(Conversation(recent=recent)) == "how much is Pro?"
    assert previous_question(Conversation(recent=recent[1:])) is None


@given(st.text(max_size=200))
def test_any_text_can_be_asked_about(text: str) -> None:
    assert is_question(text) == is_question(text)
    assert isinstance(leans_back(text) or asks_for_other(text), bool)


@pytest.mark.parametrize(
    "unit", ["a", " ", "ok ", "and ", "i would like to ", "wonder ", "so do ", "the other ", ",", "\n"]
)
def test_no_text_takes_long(unit: str) -> None:
    text = unit * (5_000 // len(unit))
    began = time.process_time()
    is_question(text)
    leans_back(text)
    asks_for_other(text)
    assert time.process_time() - began < 0.05
