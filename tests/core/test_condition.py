"""Conditions: known operators only, and what cannot be compared is false rather than an error."""

import re
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from antiphon.core.condition import SEARCHED_CHARS, Condition, Operator, all_hold, holds
from tests.core.samples import json_values, texts

DATA: dict[str, Any] = {
    "amount": 120,
    "limit": "99.5",
    "email": "ann@example.com",
    "tags": ["vip", "new"],
    "note": None,
    "empty": "",
    "zero": 0,
    "paid": True,
    "order": {"items": {"count": 3}},
    "a.b": "dotted",
}


def _holds(field: str, operator: Operator, value: Any = None) -> bool:
    return holds(Condition(field=field, operator=operator, value=value), DATA)


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("amount", "eq", 120),
        ("amount", "neq", 119),
        ("amount", "gt", 119.9),
        ("amount", "gte", 120),
        ("amount", "lt", 121),
        ("amount", "lte", 120),
        ("limit", "lt", 100),
        ("limit", "eq", 99.5),
        ("amount", "in", [1, 120]),
        ("email", "in", "<ann@example.com>"),
        ("tags", "contains", "vip"),
        ("email", "contains", "@"),
        ("email", "regex", r"@example\.com$"),
        ("order.items.count", "gte", 3),
        ("order", "contains", "items"),
        ("paid", "eq", True),
        ("empty", "exists", None),
        ("zero", "exists", None),
        ("note", "not_exists", None),
        ("absent", "not_exists", None),
        ("order.absent.count", "not_exists", None),
    ],
)
def test_what_holds(field: str, operator: Operator, value: Any) -> None:
    assert _holds(field, operator, value)


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("amount", "eq", 121),
        ("amount", "gt", 120),
        ("amount", "lt", 120),
        ("amount", "in", [1, 2]),
        ("tags", "contains", "old"),
        ("email", "regex", "^example"),
        ("note", "exists", None),
        ("absent", "exists", None),
        ("amount", "not_exists", None),
        ("absent", "eq", None),
        ("absent", "neq", 1),
        ("email.user", "eq", "ann"),
        ("order.items", "gt", 1),
        ("a.b", "eq", "dotted"),
    ],
)
def test_what_does_not_hold(field: str, operator: Operator, value: Any) -> None:
    assert not _holds(field, operator, value)


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("email", "gt", 5),
        ("note", "gt", 5),
        ("tags", "lt", 5),
        ("amount", "contains", 1),
        ("amount", "regex", "1"),
        ("tags", "regex", "vip"),
        ("amount", "in", "120"),
        ("tags", "in", "vip"),
        ("email", "eq", 5),
    ],
)
def test_what_cannot_be_compared_is_false(field: str, operator: Operator, value: Any) -> None:
    assert not _holds(field, operator, value)


@pytest.mark.parametrize(
    ("operator", "value", "told"),
    [
        ("almost", 120, "Input should be 'eq'"),
        ("regex", "(", "unclosed group"),
        ("regex", "(?=a)", "look-around"),
        ("regex", r"(a)\1", "backreferences"),
        ("regex", "(a{1000}){1000}", "size limit"),
        ("regex", "a" * 501, "longer than 500"),
        ("regex", None, "needs a pattern"),
        ("in", 120, "needs a list"),
        ("gt", None, "needs a number or a text"),
        ("lte", [1], "needs a number or a text"),
    ],
)
def test_what_could_never_hold_is_refused(operator: Operator, value: Any, told: str) -> None:
    """CV.45: when it is written, so that nobody finds that a condition with a slip of the pen is simply false."""
    with pytest.raises(ValidationError, match=re.escape(told)):
        Condition(field="amount", operator=operator, value=value)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(.*a){20}$", r"^(\w+\s?)*$"])
def test_a_pattern_takes_time_linear_to_the_text(pattern: str) -> None:
    """Each of these takes years where an engine backtracks."""
    condition = Condition(field="text", operator="regex", value=pattern)
    text = "a" * 30_000 + "!"
    began = perf_counter()
    holds(condition, {"text": text})
    assert perf_counter() - began < 1


def test_a_pattern_is_looked_for_at_the_beginning_of_a_long_text() -> None:
    """So that its time is bounded, whatever is sent."""
    condition = Condition(field="text", operator="regex", value="x")
    assert holds(condition, {"text": "a" * (SEARCHED_CHARS - 1) + "x"})
    assert not holds(condition, {"text": "a" * SEARCHED_CHARS + "x"})


def test_numbers_in_texts_are_read_exactly() -> None:
    number = 10**17 + 1
    assert holds(Condition(field="id", operator="eq", value=number), {"id": str(number)})
    assert not holds(Condition(field="id", operator="eq", value=number), {"id": str(number - 1)})


@given(
    st.dictionaries(texts, json_values),
    texts.filter(bool),
    st.sampled_from(["eq", "neq", "gt", "in", "contains", "regex"]),
    json_values,
)
def test_no_data_is_an_error(data: dict[str, Any], field: str, operator: Operator, value: Any) -> None:
    try:
        condition = Condition(field=field, operator=operator, value=value)
    except ValidationError:
        return  # refused before there is any data
    for name in (field, *data):
        assert holds(condition.model_copy(update={"field": name}), data) in (True, False)


@given(st.dictionaries(texts, json_values), texts.filter(bool))
def test_something_exists_or_it_does_not(data: dict[str, Any], field: str) -> None:
    there = holds(Condition(field=field, operator="exists"), data)
    assert there != holds(Condition(field=field, operator="not_exists"), data)


def test_all_must_hold_and_none_is_all() -> None:
    true, false = Condition(field="paid", operator="exists"), Condition(field="absent", operator="exists")
    assert all_hold([], DATA)
    assert all_hold([true, true], DATA)
    assert not all_hold([true, false], DATA)
