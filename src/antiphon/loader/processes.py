"""Processes of a pack: what a state map must be beside its shape, and what is sound and yet hardly meant."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jinja2 import TemplateSyntaxError, meta
from pydantic import ValidationError

from antiphon.core.errors import Problem
from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.findings import findings
from antiphon.core.process.proposed import TEMPLATE_FACTS
from antiphon.loader.checked import checked, problem_at
from antiphon.loader.document import Path as ValuePath
from antiphon.loader.document import Place
from antiphon.loader.references import found_at
from antiphon.loader.sections import PROCESSES, Source, read_source
from antiphon.loader.shape import did_you_mean, named, value_at
from antiphon.loader.templates import ENVIRONMENT


def check_processes(source: Source) -> Iterator[Problem]:
    """A process is named like its file."""
    for path, process in found_at(source.value, f"{PROCESSES}.*"):
        name = process.get("process_type") if isinstance(process, dict) else None
        if isinstance(name, str) and name != path[1]:
            place = (*path, "process_type")
            yield source.problem(place, f"`{named(place)}`: expected `{path[1]}`, as it is named here; found `{name}`")


def maps_of(
    value: object, places: Mapping[ValuePath, Place], *, file: str, under: ValuePath = ()
) -> tuple[list[tuple[StateMapDef, Place]], list[Problem]]:
    """The state maps of a value outside of a pack: one, or a list of them, each with its place, and what is wrong.

    `under` is where the value stands in its file.
    """
    found: list[tuple[StateMapDef, Place]] = []
    problems: list[Problem] = []
    for at, entry in enumerate(value if isinstance(value, list) else [value]):
        path = (*under, at) if isinstance(value, list) else under
        read = checked(StateMapDef, entry, places, under=path, file=file)
        if read.model is None:
            problems += list(_faults(entry, places, path, file)) or read.problems
            continue
        place = places.get(path, Place(file=file, line=1, text_line=1))
        twin = next((where for other, where in found if other.process_type == read.model.process_type), None)
        if twin:
            message = (
                f"the process `{read.model.process_type}` stands twice; the first is in {twin.file}, line {twin.line}"
            )
            problems.append(Problem(file=place.file, line=place.line, message=message))
        found.append((read.model, place))
    return found, problems


def _faults(entry: object, places: Mapping[ValuePath, Place], under: ValuePath, file: str) -> Iterator[Problem]:
    """What does not fit together in a map whose shape is right; nothing when it has another shape."""
    try:
        StateMapDef.model_validate(entry)
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False, include_input=False):
            for fault in error["ctx"]["faults"] if error["type"] == "state_map" else ():
                path = (*under, *fault.path)
                yield problem_at(path, places, file, f"`{named(path)}`: {fault.message}")


def find_warnings(folder: Path) -> list[Problem]:
    """What is hardly meant in the processes of a pack that loads, in the order of files and lines.

    Nothing is found in what cannot be read: loading the pack tells of that.
    """
    source = read_source(folder)
    warnings = [
        warning
        for path, value in found_at(source.value, f"{PROCESSES}.*")
        if (process := _sound(value)) is not None
        for warning in (*_in_map(source, path, process), *_intents(source, path), *_templates(source, path))
    ]
    return sorted(dict.fromkeys(warnings), key=lambda warning: (warning.file, warning.line))


def _sound(value: Any) -> StateMapDef | None:
    try:
        return StateMapDef.model_validate(value)
    except ValidationError:
        return None


def _in_map(source: Source, path: ValuePath, process: StateMapDef) -> Iterator[Problem]:
    for finding in findings(process):
        place = (*path, *finding.path)
        where = f" (line {source.place((*path, *finding.other)).line})" if finding.other else ""
        yield source.problem(place, f"`{named(place)}`: {finding.message}{where}")


def _intents(source: Source, path: ValuePath) -> Iterator[Problem]:
    """Intents that are waited for and that nobody can have."""
    known = {
        name
        for pattern in ("intents.*.name", "intents.*.reported_as", "forms.*.intent", "fallback_intent")
        for _, name in found_at(source.value, pattern)
        if isinstance(name, str)
    }
    below = ".".join(map(str, path))
    for pattern in ("trigger.value", "trigger.values.*"):
        for place, intent in found_at(source.value, f"{below}.transitions.*.{pattern}"):
            trigger = value_at(source.value, place[: place.index("trigger") + 1])
            if trigger.get("type") == "intent" and intent not in known:
                hint = _near(intent, known)
                yield source.problem(place, f"`{named(place)}`: the pack has no intent `{intent}`{hint}")


def _templates(source: Source, path: ValuePath) -> Iterator[Problem]:
    """Templates that are not there, or that see fields that nobody gives."""
    replies = value_at(source.value, ("replies",)) or {}
    below = ".".join(map(str, path))
    for place, template in found_at(source.value, f"{below}.transitions.*.actions.*.template"):
        if template not in replies:
            hint = _near(template, replies)
            yield source.problem(place, f"`{named(place)}`: there is no reply `{template}`{hint}")
            continue
        for field in sorted(_fields_of(replies[template]) - TEMPLATE_FACTS):
            hint = did_you_mean(field, sorted(TEMPLATE_FACTS))
            yield source.problem(
                place, f"`{named(place)}`: `replies.{template}` uses the unknown field `{field}`{hint}"
            )


def _near(word: str, known: Iterable[str]) -> str:
    """What may be meant; not the list of all, which is said for each of many words."""
    near = get_close_matches(word, known, 1, cutoff=0.7)
    return f"; did you mean `{near[0]}`?" if near else ""


def _fields_of(template: str) -> set[str]:
    try:
        return meta.find_undeclared_variables(ENVIRONMENT.parse(template))
    except TemplateSyntaxError:
        return set()  # loading the pack tells of it
