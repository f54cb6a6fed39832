"""How dialogues say time, and what a step may hold."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from antiphon.core.scenario import DialogueDef, InquiryDef, StepDef, read_at, read_span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("3d", timedelta(days=3)),
        ("90m", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        ("1h30m", timedelta(minutes=90)),
        ("1w 2d 3h 4m", timedelta(weeks=1, days=2, hours=3, minutes=4)),
        ("0m", timedelta()),
    ],
)
def test_a_length_of_time(text: str, span: timedelta) -> None:
    assert read_span(text) == span


@pytest.mark.parametrize("text", ["", " ", "3", "d", "3 days", "1m 1h", "-1d", "1.5h", "3d, 4h", "999999999d"])
def test_what_is_no_length_of_time(text: str) -> None:
    assert read_span(text) is None


def test_a_moment_of_a_dialogue() -> None:
    start = date(2024, 2, 28)
    assert read_at("day 1 00:00", start) == datetime(2024, 2, 28, tzinfo=UTC)
    assert read_at("day 3 14:30", start) == datetime(2024, 3, 1, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "day 0 10:00", "day 1", "day 1 24:00", "day 1 9:00", "Day 1 10:00", "1 10:00"])
def test_what_is_no_moment(text: str) -> None:
    assert read_at(text, date(2024, 1, 1)) is None


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_time(text: str) -> None:
    for found in (read_span(text), read_at(text, date(2024, 1, 1))):
        assert found is None or isinstance(found, timedelta | datetime)


@pytest.mark.parametrize(
    "step",
    [
        {"at": "day 1 10:00", "after": "1d"},
        {"rules": True, "event": {"name": "x"}},
        {"message": {"text": "a"}, "operator": {"trigger_value": "b"}},
        {"message": {"text": "a", "channel": "pigeon"}},
        {"operator": {"trigger_type": "wish", "trigger_value": "b"}},
        {"sleep": 3},
    ],
)
def test_a_step_is_one_thing(step: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StepDef.model_validate(step)


def test_a_step_may_be_only_time_or_only_an_expectation() -> None:
    assert StepDef.model_validate({"after": "1d"}).expect is None
    assert StepDef.model_validate({"expect": {"sent": []}}).expect is not None


def test_a_dialogue_needs_a_step() -> None:
    with pytest.raises(ValidationError):
        DialogueDef.model_validate({"name": "x", "steps": []})


def test_a_letter_comes_in_with_its_subject_above_it() -> None:
    letter = InquiryDef(name="x", sender_name="Ann", sender_email="a@b.example", subject="Hi", body="Hello\nAnn")
    assert letter.change.value == "Hi\n\nHello\nAnn"
    assert letter.change.channel == "email"
    assert letter.change.data == {"sender_name": "Ann", "sender_email": "a@b.example", "subject": "Hi"}
