"""A pack's YAML files as one document: `pack.yaml`, and the sections that stand in files of their own."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from antiphon.core.errors import Problem
from antiphon.loader.document import Document, Place, parse
from antiphon.loader.document import Path as ValuePath
from antiphon.loader.text import Unreadable, read_text

MAIN = "pack.yaml"
SECTIONS = ("intents", "specialists", "forms", "scales", "replies", "knowledge", "gate")  # may have a file each


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Everything that a pack's YAML says, with places. Problems of YAML itself are found already."""

    value: dict[str, Any] | None  # None when a file could not be read, so that more would be guesswork
    places: dict[ValuePath, Place]
    digest: str  # sha256 of the files' names and contents, in hex
    problems: list[Problem]

    def place(self, path: ValuePath) -> Place:
        """Where a value stands, or else the nearest value around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(file=MAIN, line=1, text_line=1))

    def problem(self, path: ValuePath, message: str) -> Problem:
        """A problem with the value at a path."""
        place = self.place(path)
        return Problem(file=place.file, line=place.line, message=message)


def read_source(folder: Path) -> Source:
    """All YAML of a pack. The folder has a `pack.yaml`."""
    problems = _strangers(folder)
    digest = hashlib.sha256()
    documents: dict[str, Document] = {}
    for name in (MAIN, *(f"{section}.yaml" for section in SECTIONS)):
        if not (folder / name).exists() and not (folder / name).is_symlink():
            continue
        try:
            text = read_text(folder, name)
        except Unreadable as reason:
            problem = Problem(file=name, line=reason.line, message=str(reason))
            documents[name] = Document(value=None, places={}, problems=(problem,))
            continue
        digest.update(f"{name}\0{len(text)}\0{text}".encode())
        documents[name] = parse(name, text, () if name == MAIN else (name.removesuffix(".yaml"),))
    problems += [problem for document in documents.values() for problem in document.problems]
    value, places = _joined(documents, problems)
    return Source(value=value, places=places, digest=digest.hexdigest(), problems=problems)


def _joined(
    documents: dict[str, Document], problems: list[Problem]
) -> tuple[dict[str, Any] | None, dict[ValuePath, Place]]:
    main = documents[MAIN]
    if any(document.value is None for document in documents.values()):
        return None, {}
    if not isinstance(main.value, dict):
        message = "expected fields such as `name: my_pack`, not a list or a text"
        problems.append(Problem(file=MAIN, line=1, message=message))
        return None, {}
    value, places = dict(main.value), dict(main.places)
    for name, document in documents.items():
        section = name.removesuffix(".yaml")
        if name == MAIN:
            continue
        if section in value:
            first = main.places[section,]
            message = f"the section `{section}` is given twice; it also stands in {MAIN}, line {first.line}"
            problems.append(Problem(file=name, line=1, message=message))
            continue
        value[section] = document.value
        places.update(document.places)
    return value, places


def _strangers(folder: Path) -> list[Problem]:
    """YAML beside `pack.yaml` that nobody would read: rather a slip of the pen than meant to be ignored."""
    known = [MAIN, *(f"{section}.yaml" for section in SECTIONS)]
    found = (file.name for file in folder.iterdir() if file.suffix in (".yaml", ".yml"))
    strangers = sorted(name for name in found if name not in known)
    return [Problem(file=name, line=0, message=_stranger(name, known)) for name in strangers]


def _stranger(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"beside {MAIN} a pack has only {', '.join(known[1:])}"
    return f"is not read; {hint}"
