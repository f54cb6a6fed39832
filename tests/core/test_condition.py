"""Conditions: known operators only, and what cannot be compared is false rather than an error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.condition import Condition, Operator, all_hold, holds
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
        ("email", "regex", "("),
        ("email", "regex", None),
        ("amount", "in", 120),
        ("tags", "in", "vip"),
    ],
)
def test_what_cannot_be_compared_is_false(field: str, operator: Operator, value: Any) -> None:
    assert not _holds(field, operator, value)


def test_an_unknown_operator_is_a_defect() -> None:
    """The loader refuses it; nobody may find that a condition with a slip of the pen is simply false."""
    with pytest.raises(KeyError):
        _holds("amount", "almost", 120)  # type: ignore[arg-type]  # the slip


@pytest.mark.filterwarnings("ignore::FutureWarning")  # "[[" is a pattern that may mean something else one day
@given(
    st.dictionaries(texts, json_values),
    texts,
    st.sampled_from(["eq", "neq", "gt", "in", "contains", "regex"]),
    json_values,
)
def test_no_data_is_an_error(data: dict[str, Any], field: str, operator: Operator, value: Any) -> None:
    for name in (field, *data):
        assert holds(Condition(field=name, operator=operator, value=value), data) in (True, False)


@given(st.dictionaries(texts, json_values), texts)
def test_something_exists_or_it_does_not(data: dict[str, Any], field: str) -> None:
    there = holds(Condition(field=field, operator="exists"), data)
    assert there != holds(Condition(field=field, operator="not_exists"), data)


def test_all_must_hold_and_none_is_all() -> None:
    true, false = Condition(field="paid", operator="exists"), Condition(field="absent", operator="exists")
    assert all_hold([], DATA)
    assert all_hold([true, true], DATA)
    assert not all_hold([true, false], DATA)
