"""The scenarios of a pack: every YAML file below `scenarios/`, each entry with its line.

What an entry is, its fields say: `turns` a conversation, `steps` a dialogue over days, `body` a letter, `messages`
messages that mean one thing. A file holds one entry or a list of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antiphon.core.errors import Problem, ScenariosInvalid
from antiphon.core.scenario import ConversationDef, DialogueDef, InquiryDef, MessagesDef, ScenarioDef
from antiphon.loader.checked import checked
from antiphon.loader.document import Document, parse
from antiphon.loader.document import Path as ValuePath
from antiphon.loader.text import Unreadable, read_text

FOLDER = "scenarios"
HELD_OUT = "held_out"  # the name of files with what nothing was tuned on: a share of it is told, none of it must be
_KINDS: dict[str, type[ScenarioDef]] = {
    "turns": ConversationDef,
    "steps": DialogueDef,
    "body": InquiryDef,
    "messages": MessagesDef,
}
_SCRIPTED = frozenset({"answer", "fail"})  # fields of a scripted model's lines, which may stand in this folder too


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """An entry, and where it stands."""

    file: str  # relative to the pack's folder
    line: int  # from 1
    definition: ScenarioDef
    lines: tuple[int, ...] = ()  # of its turns, steps or messages, in order

    @property
    def name(self) -> str:
        """What it is called in reports."""
        definition = self.definition
        return definition.intent if isinstance(definition, MessagesDef) else definition.name

    @property
    def is_held_out(self) -> bool:
        """Whether nothing was tuned on it."""
        return Path(self.file).stem == HELD_OUT


def read_scenarios(folder: Path) -> tuple[Scenario, ...]:
    """The scenarios of the pack in a folder, in the order of files and lines.

    Raises:
        ScenariosInvalid: with every problem, its file and its line.
    """
    files = sorted(file.relative_to(folder).as_posix() for file in (folder / FOLDER).rglob("*.yaml"))
    return _read(folder, files)


def read_scenario(file: Path) -> tuple[Scenario, ...]:
    """The scenarios of one file, wherever it is.

    Raises:
        ScenariosInvalid: with every problem and its line.
    """
    return _read(file.parent, [file.name])


def _read(folder: Path, files: list[str]) -> tuple[Scenario, ...]:
    found: list[Scenario] = []
    problems: list[Problem] = []
    for name in files:
        try:
            document = parse(name, read_text(folder, name))
        except Unreadable as reason:
            problems.append(Problem(file=name, line=reason.line, message=str(reason)))
            continue
        problems += document.problems
        if document.value is not None:
            scenarios, wrong = _scenarios_of(document, name)
            found += scenarios
            problems += wrong
    if problems:
        raise ScenariosInvalid(problems)
    return tuple(found)


def _scenarios_of(document: Document, file: str) -> tuple[list[Scenario], list[Problem]]:
    found: list[Scenario] = []
    problems: list[Problem] = []
    for path, entry in _entries(document.value):
        line = document.places[path].line if path in document.places else 1
        if not isinstance(entry, dict):
            problems.append(Problem(file=file, line=line, message="expected fields such as `name` and `turns`"))
            continue
        if _SCRIPTED & entry.keys():
            continue
        kind = next((name for name in _KINDS if name in entry), None)
        if kind is None:
            message = f"expected one of the fields {', '.join(_KINDS)}: they say what kind of scenario it is"
            problems.append(Problem(file=file, line=line, message=message))
            continue
        read = checked(_KINDS[kind], entry, document.places, under=path, file=file)
        problems += read.problems
        if read.model is not None:
            parts = entry[kind] if isinstance(entry[kind], list) else ()
            lines = tuple(_line(document, (*path, kind, at)) for at in range(len(parts)))
            found.append(Scenario(file=file, line=line, definition=read.model, lines=lines))
    return found, problems


def _line(document: Document, path: ValuePath) -> int:
    """Of a part: where it says what is expected, else where it begins."""
    return document.places.get((*path, "expect"), document.places[path]).line


def _entries(value: Any) -> Iterator[tuple[ValuePath, Any]]:
    if isinstance(value, list):
        yield from (((at,), entry) for at, entry in enumerate(value))
    else:
        yield (), value
