"""Conditions on data: a field, an operator and a value. Known operators only; a type error is false."""

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from antiphon.core.names import Facts

Operator: TypeAlias = Literal["eq", "neq", "gt", "gte", "lt", "lte", "in", "contains", "regex", "exists", "not_exists"]

_MISSING = object()


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """`field` is a dotted path into the data; `value` is not used by exists and not_exists."""

    field: str
    operator: Operator
    value: Any = None


def look_up(path: str, data: Facts) -> Any:
    """The value at a dotted path, or a marker that compares equal to nothing."""
    found: Any = data
    for name in path.split("."):
        if isinstance(found, dict) and name in found:
            found = found[name]
        else:
            return _MISSING
    return found


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """A number in the condition reads a string of the data as a number."""
    if isinstance(right, bool) or not isinstance(right, int | float) or not isinstance(left, str):
        return left, right
    return float(left), right


def _compare(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: bool(compare(*_alike(left, right)))


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _compare(operator.eq),
    "neq": _compare(operator.ne),
    "gt": _compare(operator.gt),
    "gte": _compare(operator.ge),
    "lt": _compare(operator.lt),
    "lte": _compare(operator.le),
    "in": lambda left, right: left in right,
    "contains": lambda left, right: right in left,
    "regex": lambda left, right: re.search(right, left) is not None,
}


def holds(condition: Condition, data: Facts) -> bool:
    """Whether one condition holds. A missing field and a value of the wrong type make it false."""
    found = look_up(condition.field, data)
    if condition.operator == "exists":
        return found is not _MISSING and found is not None
    if condition.operator == "not_exists":
        return found is _MISSING or found is None
    if found is _MISSING:
        return False
    try:
        return _OPERATORS[condition.operator](found, condition.value)
    except (TypeError, ValueError, OverflowError, re.error):
        return False


def all_hold(conditions: Iterable[Condition], data: Facts) -> bool:
    """Whether every condition holds; an empty list does."""
    return all(holds(condition, data) for condition in conditions)
