"""Scales and whoever uses them: every level that is named is there, and every cue can be looked for.

Like the checks of references these read plain values, so that they can be made beside an error of shape.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from antiphon.core.errors import Problem
from antiphon.loader.document import Path
from antiphon.loader.references import found_at
from antiphon.loader.sections import Source
from antiphon.loader.shape import did_you_mean, named, value_at

# A repeat without end of anything, or of a group, can take minutes on a long message: `.{0,40}` cannot.
_ENDLESS = re.compile(r"(?<!\\)(?:\.|\)|\\[SWD])(?:[*+]|\{\d*,\})")
_BRACES = re.compile(r"\{(?!level\})|(?<!\{level)\}")

_Check: TypeAlias = Callable[[Source], Iterator[Problem]]


def check_scales(source: Source) -> list[Problem]:
    """Everything about scales that does not fit together."""
    return [problem for check in _CHECKS for problem in check(source)]


def _levels(source: Source, scale: Any) -> list[str] | None:
    """The levels of a scale; None when there is no such scale, which is told elsewhere."""
    found = value_at(source.value, ("scales", scale, "levels")) if isinstance(scale, str) else None
    return list(found) if isinstance(found, dict) else None


def _known(source: Source, path: Path, levels: Iterable[Any], scale: Any) -> Iterator[Problem]:
    """That levels which are named are levels of a scale. `path` is that of a list, or of a mapping by level."""
    known = _levels(source, scale)
    for at, level in enumerate(levels):
        if known is not None and isinstance(level, str) and level not in known:
            place = (*path, level) if (*path, level) in source.places else (*path, at)
            place = place if place in source.places else path
            hint = did_you_mean(level, known)
            yield source.problem(place, f"`{named(path)}`: the scale `{scale}` has no level `{level}`{hint}")


def _otherwise_is_a_level(source: Source) -> Iterator[Problem]:
    for path, level in found_at(source.value, "scales.*.otherwise"):
        yield from _known(source, path, [level], path[1])


def _gate_names_levels(source: Source) -> Iterator[Problem]:
    for path, rule in found_at(source.value, "gate.handoff_when.*"):
        if not isinstance(rule, dict):
            continue
        levels = rule.get("levels")
        yield from _known(source, (*path, "levels"), levels if isinstance(levels, list) else [], rule.get("scale"))
        reason = rule.get("reason")
        if isinstance(reason, str) and _BRACES.search(reason):
            yield source.problem((*path, "reason"), "a reason knows `{level}` only; write no other braces")


def _signals_are_scales(source: Source) -> Iterator[Problem]:
    scales = value_at(source.value, ("scales",))
    known = list(scales) if isinstance(scales, dict) else []
    for path, points in found_at(source.value, "specialists.*.signals.*"):
        if path[-1] not in known:
            hint = did_you_mean(str(path[-1]), known) or "; none is defined"
            yield source.problem(path, f"`{named(path)}`: there is no scale `{path[-1]}`{hint}")
        elif isinstance(points, dict):
            yield from _known(source, path, points, path[-1])


def _points_are_for_intents(source: Source) -> Iterator[Problem]:
    names = (*found_at(source.value, "intents.*.name"), *found_at(source.value, "intents.*.reported_as"))
    known = [name for _, name in names if isinstance(name, str)]
    for path, _ in found_at(source.value, "specialists.*.intents.*"):
        if path[-1] not in known:
            hint = did_you_mean(str(path[-1]), known)
            yield source.problem(path, f"`{named(path)}`: there is no intent that callers may see `{path[-1]}`{hint}")


def _tiers_are_in_order(source: Source) -> Iterator[Problem]:
    for path, tiers in found_at(source.value, "specialists.*.tiers"):
        before: float | None = None
        for tier, at in ((tier, value_at(tiers, (tier, "at"))) for tier in (tiers if isinstance(tiers, dict) else ())):
            if not isinstance(at, int | float):
                continue
            if before is not None and at >= before:
                yield source.problem((*path, tier), f"the tier `{tier}` begins at {at}; expected less than {before}")
            before = at


def _replies_are_for_levels(source: Source) -> Iterator[Problem]:
    for path, specialist in found_at(source.value, "specialists.*"):
        replies = specialist.get("replies") if isinstance(specialist, dict) else None
        if not isinstance(replies, dict):
            continue
        scale = specialist.get("severity")
        yield from _known(source, (*path, "replies"), replies, scale)
        for level in _levels(source, scale) or ():
            if level not in replies:
                yield source.problem((*path, "replies"), f"`{named(path)}` needs a reply for `{level}` of `{scale}`")


def _examples_are_told_apart(source: Source) -> Iterator[Problem]:
    first: dict[tuple[str | int, str], Path] = {}
    for path, example in found_at(source.value, "scales.*.levels.*.examples.*"):
        if not isinstance(example, str):
            continue
        same = first.setdefault((path[1], " ".join(example.casefold().split())), path)
        if same != path:
            where = f"line {source.place(same).line}, under `{same[3]}`"
            yield source.problem(path, f"the example `{example[:60]}` stands twice; the first is on {where}")


def _cues_can_be_found(source: Source) -> Iterator[Problem]:
    for side in ("at_least", "at_most"):
        for path, cue in found_at(source.value, f"scales.*.levels.*.{side}.*"):
            if isinstance(cue, str) and (reason := _unfit(cue)):
                yield source.problem(path, f"`{named(path)}`: {reason}")


def _unfit(cue: str) -> str | None:
    """Why a pattern cannot be looked for, or None."""
    try:
        found = re.compile(cue)
    except (re.error, OverflowError, RecursionError) as error:
        return f"not a pattern: {error}"
    if found.search(""):
        return "finds every message, because it needs no words"
    if _ENDLESS.search(cue):
        return "repeats without an end; say how often at most, such as `.{0,40}`"
    if re.search(r"(?<!\\)[A-Z]", cue):
        return "holds capitals; patterns are looked for in small letters"
    return None


_CHECKS: tuple[_Check, ...] = (
    _otherwise_is_a_level,
    _gate_names_levels,
    _signals_are_scales,
    _points_are_for_intents,
    _tiers_are_in_order,
    _replies_are_for_levels,
    _examples_are_told_apart,
    _cues_can_be_found,
)
