"""`${VAR}` and `${VAR:-default}` in the texts of a YAML file, filled in from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from antiphon.loader.document import Path
from antiphon.loader.text import unfit

_USE = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<inside>[^{}]*)\}|(?P<broken>\$\{)")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?$", re.DOTALL)
_HOW: Final = "write ${NAME} or ${NAME:-default}, or $${ for the characters themselves"


@dataclass(frozen=True, kw_only=True, slots=True)
class Unset:
    """A variable that is used at a place, is not set, and has no default."""

    path: Path
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Expanded:
    """A value with its variables filled in. Where one is unset, the key is left out, and in a list it is empty."""

    value: Any
    unset: list[Unset] = field(default_factory=list)
    broken: list[tuple[Path, str]] = field(default_factory=list)  # where, and what is wrong


def expand(value: Any, environ: Mapping[str, str], under: Path = ()) -> Expanded:
    """Fill in every variable of a value once: what a variable holds is text, and is not looked into again.

    As in a shell, `:-` gives its default for a variable that is unset or empty.
    """
    into = Expanded(value=None)
    filled = _filled(value, environ, under, into)
    return Expanded(value=None if filled is _NOTHING else filled, unset=into.unset, broken=into.broken)


_NOTHING: Final = object()


def _filled(value: Any, environ: Mapping[str, str], path: Path, into: Expanded) -> Any:
    if isinstance(value, dict):
        parts = ((name, _filled(part, environ, (*path, name), into)) for name, part in value.items())
        return {name: part for name, part in parts if part is not _NOTHING}
    if isinstance(value, list):
        items = [_filled(part, environ, (*path, at), into) for at, part in enumerate(value)]
        return ["" if item is _NOTHING else item for item in items]
    return _text(value, environ, path, into) if isinstance(value, str) else value


def _text(text: str, environ: Mapping[str, str], path: Path, into: Expanded) -> Any:
    unset = len(into.unset)

    def put(use: re.Match[str]) -> str:
        if use["escaped"]:
            return "${"
        parts = _INSIDE.match(use["inside"]) if use["inside"] is not None else None
        if parts is None:
            into.broken.append((path, f"`{use[0][:40]}` is no variable; {_HOW}"))
            return ""
        found = environ.get(parts["name"])
        if parts["default"] is not None:
            found = found or parts["default"]
        if found is None:
            into.unset.append(Unset(path=path, name=parts["name"]))
        elif reason := unfit(found):
            into.broken.append((path, f"the variable {parts['name']} {reason}"))
        return found or ""

    filled = _USE.sub(put, text)
    return _NOTHING if len(into.unset) > unset else filled
