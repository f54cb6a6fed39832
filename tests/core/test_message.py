"""Messages: which parts of one are understood."""

from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.message import UNDERSTOOD_CHARS, telling_parts

STORY = "I cut everything by hand which takes the whole weekend and then some. " * 5


def test_a_short_message_is_one_part() -> None:
    assert telling_parts("Hi. How much is it?") == ("Hi. How much is it?",)


def test_of_a_long_one_its_beginning_and_its_end_count_too() -> None:
    parts = telling_parts(f"Hello, I am a teacher. {STORY}So I want to sign up, please")
    assert parts[1:] == ("Hello I am a teacher", "So I want to sign up please")


@given(st.text() | st.lists(st.sampled_from(["a", "b.", ", ", " ", "\n"]), max_size=200).map("".join))
def test_parts_are_never_too_long_and_the_message_comes_first(text: str) -> None:
    parts = telling_parts(text)
    assert parts[0] == text[:UNDERSTOOD_CHARS]
    assert all(len(part) <= UNDERSTOOD_CHARS for part in parts)
    assert len(parts) <= 3
