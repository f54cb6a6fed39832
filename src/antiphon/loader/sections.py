"""A pack's YAML files as one document: `pack.yaml`, the sections that stand in files of their own, and processes."""

import hashlib
from collections.abc import Iterator, Sequence
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
PROCESSES = "processes"  # a section whose parts have a file each, in a folder of that name


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
    for name, under in _files(folder):
        try:
            text = read_text(folder, name)
        except Unreadable as reason:
            problem = Problem(file=name, line=reason.line, message=str(reason))
            documents[name] = Document(value=None, places={}, problems=(problem,))
            continue
        digest.update(f"{name}\0{len(text)}\0{text}".encode())
        documents[name] = parse(name, text, under)
    problems += [problem for document in documents.values() for problem in document.problems]
    value, places = _joined(documents, problems)
    return Source(value=value, places=places, digest=digest.hexdigest(), problems=problems)


def _files(folder: Path) -> Iterator[tuple[str, ValuePath]]:
    """The files of a pack that are there, with where the value of each belongs."""
    for name in (MAIN, *(f"{section}.yaml" for section in SECTIONS)):
        if (folder / name).exists() or (folder / name).is_symlink():
            yield name, () if name == MAIN else (name.removesuffix(".yaml"),)
    for file in sorted((folder / PROCESSES).glob("*.yaml")):
        yield f"{PROCESSES}/{file.name}", (PROCESSES, file.stem)


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
        section, _, part = name.removesuffix(".yaml").partition("/")
        if name == MAIN:
            continue
        if part:
            _join_part(value, places, name, document, problems)
            continue
        if section in value:
            first = main.places[section,]
            message = f"the section `{section}` is given twice; it also stands in {MAIN}, line {first.line}"
            problems.append(Problem(file=name, line=1, message=message))
            continue
        value[section] = document.value
        places.update(document.places)
    return value, places


def _join_part(
    value: dict[str, Any], places: dict[ValuePath, Place], name: str, document: Document, problems: list[Problem]
) -> None:
    """One process beside others, which may stand in other files or in `pack.yaml`."""
    section, _, part = name.removesuffix(".yaml").partition("/")
    others = value.get(section) or {}
    if not isinstance(others, dict):
        return  # what stands there instead has a problem of its own
    if part in others:
        first = places[section, part]
        message = f"the process `{part}` is given twice; it also stands in {first.file}, line {first.line}"
        problems.append(Problem(file=name, line=1, message=message))
        return
    value[section] = {**others, part: document.value}
    places.setdefault((section,), Place(file=name, line=1, text_line=1))
    places.update(document.places)


def _strangers(folder: Path) -> list[Problem]:
    """YAML beside `pack.yaml` that nobody would read: rather a slip of the pen than meant to be ignored."""
    known = [MAIN, *(f"{section}.yaml" for section in SECTIONS)]
    found = (file.name for file in folder.iterdir() if file.suffix in (".yaml", ".yml"))
    strangers = sorted(name for name in found if name not in known)
    problems = [Problem(file=name, line=0, message=_stranger(name, known)) for name in strangers]
    for file in sorted((folder / PROCESSES).glob("*.yml")):
        message = f"is not read; name it {file.stem}.yaml"
        problems.append(Problem(file=f"{PROCESSES}/{file.name}", line=0, message=message))
    return problems


def _stranger(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"beside {MAIN} a pack has only {', '.join(known[1:])}"
    return f"is not read; {hint}"
