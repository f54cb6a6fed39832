"""The gist of a letter: what is kept, what is left out, and that no letter takes long."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.change import Change
from antiphon.core.mail import GIST_CHARS, GIST_WORDS, gist, is_mail, sender


def letter(body: str, subject: str = "Question") -> Change:
    return Change(kind="message", value=f"{subject}\n\n{body}", data={"subject": subject})


def test_courtesies_are_left_out() -> None:
    body = (
        "Dear Sir or Madam,\n\nI hope this finds you well.\n\nCould you tell me what Pro costs?\n\n"
        "Many thanks in advance,\nMaria Smith\nHead of Purchasing\n+44 20 1234\n"
    )
    assert gist(letter(body)) == "Question. Could you tell me what Pro costs?"


@pytest.mark.parametrize(
    "ending",
    [
        "\n\nBest regards\nJo",
        "\n\nThx, Jo",
        "\n\n-- \nJo Smith",
        "\nJo",
        "\n\nOn Monday, May 1, Ann wrote:\n> Can we pay by card?",
        "\n\nSent from my phone",
    ],
)
def test_what_follows_the_last_word_is_left_out(ending: str) -> None:
    assert gist(letter(f"Hi all,\n\nThe export is empty.{ending}")) == "Question. The export is empty."


def test_lines_that_a_mail_program_broke_are_joined() -> None:
    body = "Since the update of last Tuesday the export of our monthly report\nproduces an empty file.\nCan you help?"
    assert "monthly report produces an empty file. Can you help?" in gist(letter(body))


def test_of_a_long_letter_the_wishes_are_kept() -> None:
    told = "We have been in business for many years and our house is on the hill. " * 8
    assert gist(letter(f"{told}Could you send us a quote for 15 users? {told}")).endswith("quote for 15 users?")


def test_a_reply_is_about_what_it_replies_to() -> None:
    assert gist(letter("Any news?", subject="RE: Fwd: Invoice 12")) == "Invoice 12. Any news?"


def test_only_courtesies_are_still_something() -> None:
    assert gist(letter("hello there", subject="Hi")) == "Hi. hello there"
    assert is_mail(letter("x"))
    assert not is_mail(Change(kind="message", value="hi"))


def test_who_wrote() -> None:
    change = Change(kind="message", value="x", data={"sender_name": " Jo \n Doe", "sender_email": "j@x.io"})
    assert sender(change) == {"sender_name": "Jo Doe", "sender_email": "j@x.io", "subject": ""}


@given(st.text(max_size=300), st.text(max_size=60))
def test_a_gist_is_short(body: str, subject: str) -> None:
    found = gist(letter(body, subject))
    assert len(found) <= GIST_CHARS
    assert len(found.split()) <= GIST_WORDS


@pytest.mark.parametrize("piece", ["A", "A ", "thanks A", "hi A ", "many best ", "a.", ".\n", " ", "re: ", "On A "])
def test_no_letter_takes_long(piece: str) -> None:
    began = perf_counter()
    gist(letter((piece * 5000)[:5000], (piece * 500)[:500]))
    assert perf_counter() - began < 0.5  # seconds; 0.005 are usual
