"""The shape of a pack: fields and types, with what pydantic finds said in the words of somebody who writes YAML."""

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from antiphon.core.errors import Problem
from antiphon.core.pack import PackDef
from antiphon.loader.document import Path
from antiphon.loader.schema import fields_at
from antiphon.loader.sections import Source

_SHOWN_CHARS = 40  # of a wrong value
_HINT_STATES = 200  # of a map; looking for what may be meant among more would take long


def check_shape(source: Source) -> tuple[PackDef | None, list[Problem]]:
    """The definition, or None, and everything that has the wrong shape."""
    try:
        return PackDef.model_validate(source.value), []
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
        problems = [_problem(error, source) for error in errors if error["type"] != "state_map"]
        problems += [problem for error in errors if error["type"] == "state_map" for problem in _faults(error, source)]
        return None, [problem for problem in problems if problem is not None]


def did_you_mean(word: str, known: list[str] | tuple[str, ...]) -> str:
    """The end of a message: the known word that is near, or else all of them."""
    near = get_close_matches(word, known, 1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    return f"; expected {_one_of(known)}" if known else ""


def value_at(value: Any, path: Path) -> Any:
    """The plain value at a path; None where there is none."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def named(path: Path) -> str:
    """A path as people write it: `forms.lead.slots[0].ask`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".")


def _problem(error: ErrorDetails, source: Source) -> Problem | None:
    path = _path(error["loc"], source)
    message = _message(error, path, source)
    return source.problem(path, message) if message else None


def _faults(error: ErrorDetails, source: Source) -> Iterator[Problem]:
    """What does not fit together in a state map."""
    path = _path(error["loc"], source)
    states = value_at(source.value, (*path, "states"))
    hinted = len(states) <= _HINT_STATES
    for fault in error["ctx"]["faults"]:
        hint = did_you_mean(fault.unknown, states) if fault.unknown and hinted else ""
        place = (*path, *fault.path)
        yield source.problem(place, f"`{named(place)}`: {fault.message}{hint}")


def _path(loc: Path, source: Source) -> Path:
    """Where an error is, without what pydantic adds: the kinds of a union, the mark of a key."""
    path: Path = ()
    for part in loc:
        if (*path, part) in source.places:
            path = (*path, part)
    return path


_Said: TypeAlias = Callable[[ErrorDetails, Path, Any], str | None]  # error, its path, the value there


def _message(error: ErrorDetails, path: Path, source: Source) -> str | None:
    value = value_at(source.value, path)
    where = f"`{named(path)}`" if path else "the pack"
    kind = error["type"]
    if kind == "extra_forbidden":
        known = fields_at(path[:-1], source.value)
        around = f" in `{named(path[:-1])}`" if len(path) > 1 else ""
        return f"unknown field `{path[-1]}`{around}{did_you_mean(str(path[-1]), known)}"
    if kind == "missing":
        field = str(error["loc"][-1])
        own_file = f", here or in {field}.yaml" if field in ("intents", "specialists") and not path else ""
        return f"{where} needs the field `{field}`{own_file}"
    said = _SAID[kind](error, path, value) if kind in _SAID else _usual(error, value)
    return f"{where}: {said}" if said else None


def _usual(error: ErrorDetails, value: Any) -> str:
    message = re.sub(r"^Input should be (a valid )?", "expected ", error["msg"])
    return f"{message}, found {_shown(value)}"


def _text(_: ErrorDetails, __: Path, value: Any) -> str:
    quoted = isinstance(value, int | float)
    return f"expected a text, found {_shown(value)}{f'; write it in quotes: {_quoted(value)}' if quoted else ''}"


def _quoted(value: Any) -> str:
    return f'"{str(value).lower() if isinstance(value, bool) else value}"'


def _list(_: ErrorDetails, __: Path, value: Any) -> str:
    return f"expected a list, found {_shown(value)}"


def _fields(_: ErrorDetails, path: Path, value: Any) -> str:
    known = f" ({', '.join(names)})" if (names := fields_at(path, value)) else ""
    return f"expected fields{known}, found {_shown(value)}"


def _too_few(error: ErrorDetails, _: Path, value: Any) -> str | None:
    least = error["ctx"]["min_length"]
    if len(value) >= least:  # pydantic counts only what is right; what is wrong has a problem of its own
        return None
    return f"expected at least {least}, found {len(value)}"


def _choice(error: ErrorDetails, _: Path, value: Any) -> str:
    known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    return f"{_shown(value)} is not known{did_you_mean(str(value), known)}"


def _kind(error: ErrorDetails, _: Path, value: Any) -> str:
    known = re.findall(r"'([^']*)'", error.get("ctx", {}).get("expected_tags", "")) or [
        "say",
        "answer",
        "form",
        "score",
        "resolve",
    ]
    given = value.get("kind") if isinstance(value, dict) else None
    if given is None:
        return f"needs the field `kind`: {_one_of(known)}"
    return f"kind {_shown(given)} is not known{did_you_mean(str(given), known)}"


def _pattern(error: ErrorDetails, path: Path, value: Any) -> str:
    written = value if isinstance(value, str) and error["loc"][-1] != "[key]" else path[-1]
    if error["ctx"]["pattern"].startswith("^[a-z0-9]"):
        return f"{_shown(written)} is not a level; expected small letters, digits and _, such as `high` or `3months`"
    if error["ctx"]["pattern"].startswith("^[a-z]"):
        return f"{_shown(written)} is not a name; expected small letters, digits and _, such as `sign_up`"
    return f'{_shown(written)} is not a version; expected letters, digits, `.`, `+` and `-`, such as "1.0"'


def _reason(error: ErrorDetails, _: Path, __: Any) -> str:
    return error["msg"]


_SAID: dict[str, _Said] = {
    "definition": _reason,
    "string_type": _text,
    "tuple_type": _list,
    "dict_type": _fields,
    "model_type": _fields,
    "too_short": _too_few,
    "literal_error": _choice,
    "union_tag_invalid": _kind,
    "union_tag_not_found": _kind,
    "string_pattern_mismatch": _pattern,
}


def _one_of(words: list[str] | tuple[str, ...]) -> str:
    quoted = [f"`{word}`" for word in words]
    return " or ".join(filter(None, (", ".join(quoted[:-1]), quoted[-1])))


def _shown(value: Any) -> str:
    """A value as an error shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | dict):
        return f"a {'list' if isinstance(value, list) else 'mapping'} of {len(value)}"
    text = str(value)
    return f"`{text[:_SHOWN_CHARS]}{'…' if len(text) > _SHOWN_CHARS else ''}`"
