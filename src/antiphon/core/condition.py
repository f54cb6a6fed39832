"""Conditions on data: a field, an operator and a value. The one evaluator of processes and rules (CV.45).

Known operators only; what cannot be compared is false rather than an error. A pattern runs on an engine that does not
backtrack, so its time grows with the text and no further, whatever was written.
"""

import operator
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError, SchemaError, SchemaValidator, core_schema

from antiphon.core.definition import Definition
from antiphon.core.names import Facts

Operator: TypeAlias = Literal["eq", "neq", "gt", "gte", "lt", "lte", "in", "contains", "regex", "exists", "not_exists"]

MAX_PATTERN_CHARS = 500  # nobody reads a longer one
SEARCHED_CHARS = 10_000  # of a text; a pattern takes 2 ms for so many at worst

_MISSING = object()


class Condition(Definition):
    """A question put to data. A number as the value reads a text of the data as a number."""

    field: str = Field(min_length=1, max_length=200, description="A dotted path into the data.")
    operator: Operator
    value: Any = Field(default=None, description="What the field is held against; exists and not_exists need none.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if reason := _senseless(self.operator, self.value):
            raise PydanticCustomError("definition", "{reason}", {"reason": reason})
        return self


def look_up(path: str, data: Facts) -> Any:
    """The value at a dotted path, or a marker that compares equal to nothing."""
    found: Any = data
    for name in path.split("."):
        if isinstance(found, dict) and name in found:
            found = found[name]
        else:
            return _MISSING
    return found


def is_missing(found: Any) -> bool:
    """Whether `look_up` found nothing."""
    return found is _MISSING


def holds(condition: Condition, data: Facts) -> bool:
    """Whether one condition holds. A missing field and a value of the wrong type make it false."""
    return holds_of(condition, look_up(condition.field, data))


def holds_of(condition: Condition, found: Any) -> bool:
    """Whether a condition holds of what its field was found to be."""
    if condition.operator == "exists":
        return found is not _MISSING and found is not None
    if condition.operator == "not_exists":
        return found is _MISSING or found is None
    if found is _MISSING:
        return False
    try:
        return _OPERATORS[condition.operator](found, condition.value)
    except (TypeError, ValueError, OverflowError):
        return False


def all_hold(conditions: Iterable[Condition], data: Facts) -> bool:
    """Whether every condition holds; an empty list does."""
    return all(holds(condition, data) for condition in conditions)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """A number in the condition reads a string of the data as a number."""
    if isinstance(right, bool) or not isinstance(right, int | float) or not isinstance(left, str):
        return left, right
    try:
        return int(left), right  # exact, however many digits an invoice has
    except ValueError:
        return float(left), right


def _compare(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: bool(compare(*_alike(left, right)))


def _matches(text: Any, pattern: str) -> bool:
    return isinstance(text, str) and _pattern(pattern).isinstance_python(text[:SEARCHED_CHARS])


@lru_cache(maxsize=1000)
def _pattern(pattern: str) -> SchemaValidator:
    """The pattern, as pydantic's validators hold it: found anywhere in a text, in time linear to the text."""
    return SchemaValidator(core_schema.str_schema(pattern=pattern, strict=True))


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _compare(operator.eq),
    "neq": _compare(operator.ne),
    "gt": _compare(operator.gt),
    "gte": _compare(operator.ge),
    "lt": _compare(operator.lt),
    "lte": _compare(operator.le),
    "in": lambda left, right: left in right,
    "contains": lambda left, right: right in left,
    "regex": _matches,
}


def _senseless(operator: Operator, value: Any) -> str | None:
    """Why a condition could never hold, or None."""
    if operator == "regex":
        return _unfit_pattern(value)
    if operator == "in" and not isinstance(value, list | tuple | str):
        return "`in` needs a list of values, or a text"
    if operator in ("gt", "gte", "lt", "lte") and (value is None or isinstance(value, bool | list | dict)):
        return f"`{operator}` needs a number or a text as its value"
    return None


def _unfit_pattern(value: Any) -> str | None:
    if not isinstance(value, str):
        return "`regex` needs a pattern as its value"
    if len(value) > MAX_PATTERN_CHARS:
        return f"the pattern is longer than {MAX_PATTERN_CHARS} characters"
    try:
        _pattern(value)
    except (SchemaError, UnicodeError) as error:
        said = str(error).rpartition("error: ")[2].rpartition("SchemaError: ")[2]
        return f"the pattern cannot be used: {' '.join(said.split())}"
    return None
