"""Reading the settings file: variables filled in, every key checked, all problems told together."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from antiphon.core.errors import Problem, SettingsInvalid
from antiphon.loader.checked import checked, problem_at
from antiphon.loader.document import Document, parse
from antiphon.loader.document import Path as ValuePath
from antiphon.loader.text import Unreadable, read_text
from antiphon.loader.variables import expand
from antiphon.settings_file.idle import is_idle
from antiphon.settings_file.lists import Lists
from antiphon.settings_file.sections import SettingsFile

VARIABLE = "CONVERSE_CONFIG"  # names the file
USUAL = Path("config/settings.yaml")  # read when it is there and the variable is not set
ENV_FILE = Path(".env")


def environment() -> dict[str, str]:
    """The variables of the process, and those of `.env` that it does not have."""
    file = {name: value for name, value in dotenv_values(ENV_FILE).items() if value is not None}
    return {**file, **os.environ}


def read_settings_file(environ: Mapping[str, str] | None = None) -> SettingsFile:
    """The file that CONVERSE_CONFIG names, else `config/settings.yaml`, else nothing but defaults. Blocks.

    Raises:
        SettingsInvalid: with every problem, its file and its line.
    """
    environ = environment() if environ is None else environ
    named = environ.get(VARIABLE)
    path = Path(named) if named else USUAL
    if not named and not path.exists():
        return SettingsFile()
    document = _document(path)
    if document.problems or document.value is None:
        raise SettingsInvalid(list(document.problems))
    return _checked(document, path, environ)


def _document(path: Path) -> Document:
    real = path.resolve()  # a link is followed: whoever sets CONVERSE_CONFIG chooses where it leads
    if not real.exists():
        raise SettingsInvalid([Problem(file=str(path), line=0, message=f"there is no such file; {VARIABLE} names it")])
    try:
        return parse(str(path), read_text(real.parent, real.name))
    except Unreadable as reason:
        raise SettingsInvalid([Problem(file=str(path), line=reason.line, message=str(reason))]) from None


def _checked(document: Document, path: Path, environ: Mapping[str, str]) -> SettingsFile:
    name, places = str(path), document.places
    if not isinstance(document.value, dict):
        raise SettingsInvalid([Problem(file=name, line=1, message="expected fields such as `timezone: UTC`")])
    expanded = expand(document.value, environ)
    value: dict[str, Any] = expanded.value
    problems = [problem_at(at, places, name, f"`{_dotted(at)}`: {message}") for at, message in expanded.broken]
    problems += [
        problem_at(one.path, places, name, _unset(one.path, one.name))
        for one in expanded.unset
        if not is_idle(one.path, value)
    ]
    lists = Lists(path, places)
    value = lists.filled_in(value)
    found = checked(SettingsFile, value, places, file=name)
    problems += [*found.problems, *lists.problems, *_own_key(document)]
    if found.model is None or problems:
        raise SettingsInvalid(sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line)))
    return found.model.model_copy(update={"file": name})


def _own_key(document: Document) -> list[Problem]:
    """`file` is where we keep the file's name, and no key of the file."""
    place = document.places.get(("file",))
    return [Problem(file=place.file, line=place.line, message="unknown field `file`")] if place else []


def _unset(path: ValuePath, name: str) -> str:
    return f"`{_dotted(path)}` uses ${{{name}}}, which is not set; set it, or give a default: ${{{name}:-...}}"


def _dotted(path: ValuePath) -> str:
    return ".".join(str(part) for part in path)
