"""The lists of the settings file that may also name files: rules, state maps, and queries of GraphQL."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from antiphon.core.errors import Problem
from antiphon.core.rule import RuleDef
from antiphon.loader.checked import problem_at
from antiphon.loader.document import Path as ValuePath
from antiphon.loader.document import Place, parse
from antiphon.loader.rules import rules_of, twins
from antiphon.loader.text import Unreadable, read_text
from antiphon.settings_file.sections import Written

QUERY_SUFFIX = ".graphql"


class Lists:
    """One pass over the lists of a file, and what is wrong with them. Other files are named from its folder."""

    def __init__(self, path: Path, places: Mapping[ValuePath, Place]) -> None:
        self.problems: list[Problem] = []
        self._file = str(path)
        self._folder = path.parent
        self._places = places

    def filled_in(self, value: dict[str, Any]) -> dict[str, Any]:
        """The file's value with files read in, rules checked, and entries that have problems left out."""
        done = dict(value)
        if "rules" in done:
            done["rules"] = self._rules(done["rules"])
        if "state_maps" in done:
            done["state_maps"] = tuple(self._entries("state_maps", done["state_maps"]))
        backend = done.get("backend")
        if isinstance(backend, dict) and isinstance(backend.get("endpoints"), dict):
            endpoints = {name: self._query(name, given) for name, given in backend["endpoints"].items()}
            done["backend"] = {**backend, "endpoints": endpoints}
        return done

    def _rules(self, value: Any) -> tuple[RuleDef, ...]:
        found: list[tuple[RuleDef, Place]] = []
        for entry in self._entries("rules", value):
            rules, problems = rules_of(entry.value, entry.places, file=entry.file)
            found += rules
            self.problems += problems
        self.problems += twins(found)
        return tuple(rule for rule, _ in found)

    def _entries(self, section: str, value: Any) -> Iterator[Written]:
        """Each entry that stands here, and each of the files that are named."""
        for at, entry in enumerate(value if isinstance(value, list) else [value]):
            path: ValuePath = (section, at) if isinstance(value, list) else (section,)
            if isinstance(entry, dict):
                yield _written(entry, self._places, path, self._file)
            elif isinstance(entry, str):
                yield from self._files(entry, path)
            else:
                self._problem(path, f"`{section}`: expected an entry, or the name of a file or folder that holds some")

    def _files(self, name: str, path: ValuePath) -> Iterator[Written]:
        there = self._folder / name
        files = sorted(there.glob("*.yaml")) if there.is_dir() else [there]
        if not files or not name:
            self._problem(path, f"there is no YAML file in `{name}`")
        for file in files:
            yield from self._file_entries(file, path)

    def _file_entries(self, file: Path, path: ValuePath) -> Iterator[Written]:
        text = self._text(file, path)
        if text is None:
            return
        document = parse(str(file), text)
        self.problems += document.problems
        is_list = isinstance(document.value, list)
        entries = document.value if is_list else [document.value]
        for at, entry in enumerate(entries if document.value is not None else []):
            under: ValuePath = (at,) if is_list else ()
            if isinstance(entry, dict):
                yield _written(entry, document.places, under, str(file))
            else:
                self.problems.append(problem_at(under, document.places, str(file), "expected an entry with fields"))

    def _query(self, name: str, given: Any) -> Any:
        """An endpoint whose text names a file of GraphQL holds what stands there."""
        text = given.get("path") if isinstance(given, dict) else given
        if not isinstance(text, str) or not text.endswith(QUERY_SUFFIX) or text.startswith("/"):
            return given
        query = self._text(self._folder / text, ("backend", "endpoints", name)) or text
        return {**given, "path": query} if isinstance(given, dict) else query

    def _text(self, file: Path, path: ValuePath) -> str | None:
        real = file.resolve()
        try:
            return read_text(real.parent, real.name)
        except Unreadable as reason:
            self._problem(path, f"`{file}` {reason}")
            return None

    def _problem(self, path: ValuePath, message: str) -> None:
        self.problems.append(problem_at(path, self._places, self._file, message))


def _written(value: dict[str, Any], places: Mapping[ValuePath, Place], under: ValuePath, file: str) -> Written:
    depth = len(under)
    own = {path[depth:]: place for path, place in places.items() if path[:depth] == under}
    return Written(value=value, file=file, places=own)
