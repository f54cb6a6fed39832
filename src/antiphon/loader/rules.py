"""Rules in YAML to definitions: a file holds one rule, or a list of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from antiphon.core.errors import Problem
from antiphon.core.pack import PackDef
from antiphon.core.rule import RuleDef
from antiphon.loader.checked import checked, problem_at
from antiphon.loader.document import Path as ValuePath
from antiphon.loader.document import Place, parse
from antiphon.loader.text import Unreadable, read_text

FOLDER = "rules"  # of a pack


def read_rules(folder: Path, pack: PackDef | None = None) -> tuple[tuple[RuleDef, ...], list[Problem]]:
    """The rules of a pack: those of `rules/*.yaml` in the order of the files' names, and everything wrong with them.

    With the pack, also what they name and it does not have.
    """
    names = sorted(file.relative_to(folder).as_posix() for file in folder.glob(f"{FOLDER}/*.yaml"))
    found: list[tuple[RuleDef, Place]] = []
    problems: list[Problem] = []
    for name in names:
        try:
            document = parse(name, read_text(folder, name))
        except Unreadable as reason:
            problems.append(Problem(file=name, line=reason.line, message=str(reason)))
            continue
        problems += document.problems
        if document.value is not None:
            rules, wrong = rules_of(document.value, document.places, file=name)
            found += rules
            problems += wrong
    return tuple(rule for rule, _ in found), problems + twins(found) + (strays(found, pack) if pack else [])


def rules_of(
    value: object, places: Mapping[ValuePath, Place], *, file: str, under: ValuePath = ()
) -> tuple[list[tuple[RuleDef, Place]], list[Problem]]:
    """The rules of a value: one, or a list of them, each with its place. `under` is where the value stands."""
    entries = value if isinstance(value, list) else [value]
    found: list[tuple[RuleDef, Place]] = []
    problems: list[Problem] = []
    for at, entry in enumerate(entries):
        path = (*under, at) if isinstance(value, list) else under
        rule = checked(RuleDef, entry, places, under=path, file=file)
        problems += rule.problems
        if rule.model:
            found.append((rule.model, places.get(path, Place(file=file, line=1, text_line=1))))
    return found, problems


def strays(rules: Iterable[tuple[RuleDef, Place]], pack: PackDef) -> list[Problem]:
    """Templates and processes that rules name and the pack does not have."""
    problems: list[Problem] = []
    for rule, place in rules:
        for at, action in enumerate(rule.actions):
            for field, name, known in (
                ("template", action.template, pack.replies),
                ("process_type", action.process_type, pack.processes),
            ):
                if name is not None and name not in known:
                    message = f"rule `{rule.id}`, action {at + 1}: the pack has no `{name}` for `{field}`"
                    problems.append(problem_at((), {(): place}, place.file, message))
    return problems


def twins(rules: Iterable[tuple[RuleDef, Place]]) -> list[Problem]:
    """Rules with an id that another has."""
    first: dict[str, Place] = {}
    problems: list[Problem] = []
    for rule, place in rules:
        if rule.id in first:
            there = first[rule.id]
            message = f"the rule `{rule.id}` stands twice; the first is in {there.file}, line {there.line}"
            problems.append(problem_at((), {(): place}, place.file, message))
        first.setdefault(rule.id, place)
    return problems
