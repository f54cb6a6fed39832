"""A value of YAML held against a model: every problem with its line, in the words of somebody who writes YAML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from antiphon.core.errors import Problem
from antiphon.loader.document import Path, Place
from antiphon.loader.shape import did_you_mean, named

_M = TypeVar("_M", bound=BaseModel)
_KINDS = {  # what pydantic says, in our words
    "string_type": "expected a text; write it in quotes",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "dict_type": "expected fields",
    "model_type": "expected fields",
    "model_attributes_type": "expected fields",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked(Generic[_M]):
    """A model, or None, and what is wrong. Values are not shown: they may be secret."""

    model: _M | None
    problems: list[Problem] = field(default_factory=list)


def checked(model: type[_M], value: Any, places: Mapping[Path, Place], *, under: Path = (), file: str) -> Checked[_M]:
    """A value as a model. `under` is where the value stands in its file, so that lines are found."""
    try:
        return Checked(model=model.model_validate(value))
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        return Checked(model=None, problems=[_problem(model, error, places, under, file) for error in errors])


def problem_at(path: Path, places: Mapping[Path, Place], file: str, message: str) -> Problem:
    """A problem with the value at a path, or else with the nearest around it."""
    while path and path not in places:
        path = path[:-1]
    place = places.get(path)
    return Problem(file=place.file if place else file, line=place.line if place else 1, message=message)


def _problem(
    model: type[BaseModel], error: ErrorDetails, places: Mapping[Path, Place], under: Path, file: str
) -> Problem:
    loc = tuple(part for part in error["loc"] if part != "[key]")
    return problem_at((*under, *loc), places, file, _message(model, error, loc, (*under, *loc)))


def _message(model: type[BaseModel], error: ErrorDetails, loc: Path, path: Path) -> str:
    where = f"`{named(path)}`" if path else "the file"
    kind = error["type"]
    if kind == "extra_forbidden":
        around = f" in `{named(path[:-1])}`" if len(path) > 1 else ""
        return f"unknown field `{path[-1]}`{around}{did_you_mean(str(path[-1]), _fields(model, loc[:-1]))}"
    if kind == "missing":
        around = f"`{named(path[:-1])}`" if len(path) > 1 else "it"
        return f"{around} needs the field `{path[-1]}`"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f"{where}: expected {', '.join(known[:-1])} or {known[-1]}" if len(known) > 1 else f"{where}: {known[0]}"
    if kind == "value_error":
        return f"{where}: {error['ctx']['error']}"
    message = _KINDS.get(kind) or re.sub(r"^(Input|String|Value) should (be )?(a valid )?", "expected ", error["msg"])
    return f"{where}: {message}"


def _fields(model: type[BaseModel], path: Path) -> list[str]:
    """The fields at a path of a model, as its JSON Schema names them."""
    whole = model.model_json_schema()
    schema: Any = whole
    for part in path:
        schema = _resolved(schema, whole)
        inner = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
        schema = inner if inner is not None else schema.get("additionalProperties")
        if not isinstance(schema, dict):
            return []
    return list(_resolved(schema, whole).get("properties", ()))


def _resolved(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """The schema behind a reference, or behind `X or null`."""
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return _resolved(choice, whole)
    if "$ref" in schema:
        found: dict[str, Any] = whole["$defs"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema
