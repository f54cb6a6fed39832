"""A scale: a question asked of a message, such as how severe it is, answered with one of its levels.

Examples teach a scale; cues are words that leave no choice. Levels stand in order, from the least to the most, so
that a cue can say "at least this" and "at most this".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TypeAlias

from antiphon.core.names import Facts
from antiphon.core.pack import ScaleDef

ScaleName: TypeAlias = str
Level: TypeAlias = str
Cue: TypeAlias = re.Pattern[str]

CERTAIN = 0.9  # the least confidence in a level that a cue has decided


@dataclass(frozen=True, kw_only=True, slots=True)
class Grade:
    """What a scale says of one message."""

    scale: ScaleName
    level: Level
    confidence: float  # 0 to 1
    why: Facts = field(default_factory=dict)  # what the examples say, and the words of a cue


Grades: TypeAlias = Mapping[ScaleName, Grade]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cues:
    """The cues of a scale, ready to be looked for. Places are those of the levels, from 0."""

    at_least: tuple[tuple[int, Cue], ...]  # the highest level first
    at_most: tuple[tuple[int, Cue], ...]  # the lowest level first

    @classmethod
    def of(cls, definition: ScaleDef) -> "Cues":
        """Compile them; the loader has checked each."""
        levels = list(enumerate(definition.levels.values()))
        return cls(
            at_least=tuple((place, _any(level.at_least)) for place, level in reversed(levels) if level.at_least),
            at_most=tuple((place, _any(level.at_most)) for place, level in levels if level.at_most),
        )

    def bounds(self, text: str) -> tuple[tuple[int, str] | None, tuple[int, str] | None]:
        """The level that a text reaches at least and the one that it reaches at most, each with the words for it."""
        text = " ".join(text.casefold().replace("’", "'").split())
        return _first(self.at_least, text), _first(self.at_most, text)


def grade(scale: ScaleName, definition: ScaleDef, cues: Cues, shares: Mapping[Level, float], text: str) -> Grade:
    """The level that the examples make likely, unless they are unsure or a cue knows better.

    Args:
        shares: the probability of each level by the examples; empty when the message is near none of them.
        text: the whole message. Cues are looked for in all of it.
    """
    levels = list(definition.levels)
    level = _likely(definition, levels, shares)
    why: dict[str, object] = {"likely": [level, round(shares.get(level, 0.0), 4)]}
    least, most = cues.bounds(text)
    if most and levels.index(level) > most[0]:
        level, why["at_most"] = levels[most[0]], most[1]
    if least and levels.index(level) < least[0]:
        level, why["at_least"] = levels[least[0]], least[1]
    decided = "at_least" in why or "at_most" in why
    confidence = max(shares.get(level, 0.0), CERTAIN if decided else 0.0)
    return Grade(scale=scale, level=level, confidence=round(confidence, 4), why=why)


def _likely(definition: ScaleDef, levels: list[Level], shares: Mapping[Level, float]) -> Level:
    """The level by the examples.

    With `sure`: the likeliest of the others if it is that likely, else `otherwise`. Without: the middle, which half of
    the probability lies below; two levels that are both high outweigh one that is low.
    """
    if not shares:
        return definition.otherwise
    if definition.sure is None:
        below = accumulate(shares.get(level, 0.0) for level in levels)
        half = sum(shares.values()) / 2
        return next(level for level, share in zip(levels, below, strict=True) if share >= half)
    others = [level for level in levels if level != definition.otherwise]
    likely = max(others, key=lambda level: shares.get(level, 0.0))
    return likely if shares.get(likely, 0.0) >= definition.sure else definition.otherwise


def _any(patterns: tuple[str, ...]) -> Cue:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _first(cues: tuple[tuple[int, Cue], ...], text: str) -> tuple[int, str] | None:
    for place, cue in cues:
        if found := cue.search(text):
            return place, found[0]
    return None
