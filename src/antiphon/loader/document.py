"""A YAML file as plain values, with the line of each.

Read more strictly than YAML allows: no tags, no duplicate keys, no tricks of nesting. And less surprisingly: `no`,
`on` and `12:30` are texts, as in YAML 1.2, because people give `no` as an example of an intent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import yaml

from antiphon.core.errors import Problem
from antiphon.loader.text import unfit

Path: TypeAlias = tuple[str | int, ...]  # keys and positions from the top of a pack, e.g. ("intents", 2, "examples")

MAX_DEPTH = 20  # levels; a pack has six
MAX_VALUES = 200_000  # in one file, aliases counted as often as they are used; 5 MB of honest YAML have fewer

_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader  # the former is ten times as fast
_INT = re.compile(r"[-+]?\d+$")
_FLOAT = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?$")
_OWN_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(
    _OWN_TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "merge")
)
_BLOCKS = ("|", ">")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a value stands."""

    file: str  # relative to the pack's folder
    line: int  # of its key, or of itself in a list; from 1
    text_line: int  # where the first line of a text stands: below the key for a block


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A file's value, None when it could not be read, with the place of each part and what is wrong."""

    value: Any
    places: Mapping[Path, Place]
    problems: tuple[Problem, ...]


def parse(file: str, text: str, under: Path = ()) -> Document:
    """Read one file. `under` is where its value belongs in the pack."""
    try:
        too_deep = _too_deep(text)
        node = yaml.compose(text, Loader=_LOADER) if too_deep is None else None
    except yaml.YAMLError as error:
        return Document(value=None, places={}, problems=(_syntax(file, error),))
    if too_deep is not None:
        problem = Problem(file=file, line=too_deep, message=f"nested more than {MAX_DEPTH} levels deep")
        return Document(value=None, places={}, problems=(problem,))
    if node is None:
        problem = Problem(file=file, line=0, message="the file is empty")
        return Document(value=None, places={}, problems=(problem,))
    reading = _Reading(file)
    try:
        value = reading.value(node, under, _place(file, node))
    except _TooMuchError as much:
        reading.problems.append(much.problem)
        value = None
    return Document(value=value, places=reading.places, problems=tuple(reading.problems))


class _TooMuchError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Reading:
    """One pass over the nodes of a file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[Path, Place] = {}
        self.problems: list[Problem] = []
        self._seen = 0

    def value(self, node: yaml.Node, path: Path, place: Place) -> Any:
        """The plain value of a node; takes down its place and those of its parts."""
        self._seen += 1
        if self._seen > MAX_VALUES:
            self._too_much(place, f"more than {MAX_VALUES:,} values; aliases count as often as they are used")
        if len(path) > MAX_DEPTH:  # an alias of what it stands in
            self._too_much(place, f"nested more than {MAX_DEPTH} levels deep")
        self.places[path] = place
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, at), _place(self.file, item)) for at, item in enumerate(node.value)]
        return self._scalar(cast(yaml.ScalarNode, node), place)  # there is no fourth kind

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._problem(line, "a key is a word, not a list or a mapping")
            elif key.value in found:
                first = self.places[(*path, key.value)].line
                self._problem(line, f"the key `{key.value}` stands twice; the first is on line {first}")
            else:
                place = Place(file=self.file, line=line, text_line=_place(self.file, value).text_line)
                found[key.value] = self.value(value, (*path, key.value), place)
        return found

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        text = str(node.value)
        if node.tag not in _PLAIN_TAGS:
            self._problem(place.line, f"the tag {node.tag.replace(_OWN_TAG, '!!')} is not used in packs; remove it")
        if reason := unfit(text):
            self._problem(place.text_line, reason)
        if node.style or node.tag == f"{_OWN_TAG}str":
            return text
        return _plain(text)

    def _problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(file=self.file, line=line, message=message))

    def _too_much(self, place: Place, message: str) -> None:
        raise _TooMuchError(Problem(file=self.file, line=place.line, message=message))


def _plain(text: str) -> Any:
    """A scalar without quotes: nothing, a truth, a number, or else the text as it stands."""
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INT.match(text):
        return int(text) if len(text) < 20 else text
    return float(text) if _FLOAT.match(text) else text


def _place(file: str, node: yaml.Node) -> Place:
    line = node.start_mark.line + 1
    below = isinstance(node, yaml.ScalarNode) and node.style in _BLOCKS
    return Place(file=file, line=line, text_line=line + below)


def _too_deep(text: str) -> int | None:
    """The line at which the nesting exceeds the limit. Asked before composing, which recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH and event.start_mark is not None:
                return event.start_mark.line + 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _syntax(file: str, error: yaml.YAMLError) -> Problem:
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem(file=file, line=0, message=f"not YAML: {' '.join(str(error).split())}")
    line = error.problem_mark.line + 1 if error.problem_mark is not None else 0
    context = f" {error.context}" if error.context else ""
    return Problem(file=file, line=line, message=f"not YAML:{context} {error.problem}")
