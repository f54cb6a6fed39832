"""Scales: what examples make likely, and what cues know better."""

import pytest

from antiphon.core.pack import LevelDef, ScaleDef
from antiphon.core.scale import Cues, grade

EXAMPLES = ("one", "two", "three")


def level(at_least: tuple[str, ...] = (), at_most: tuple[str, ...] = ()) -> LevelDef:
    return LevelDef(examples=EXAMPLES, at_least=at_least, at_most=at_most)


ORDERED = ScaleDef(
    otherwise="middle",
    levels={"low": level(at_most=(r"\bno rush\b",)), "middle": level(), "high": level(at_least=(r"\bis down\b",))},
)
CAREFUL = ScaleDef(otherwise="none", sure=0.4, levels={"none": level(), "legal": level(), "press": level()})


def judged(scale: ScaleDef, text: str = "", **shares: float) -> str:
    return grade("scale", scale, Cues.of(scale), shares, text).level


@pytest.mark.parametrize(
    ("low", "middle", "high", "expected"),
    [(1, 0, 0, "low"), (0.4, 0.2, 0.4, "middle"), (0.3, 0.3, 0.4, "middle"), (0.1, 0.3, 0.6, "high")],
)
def test_without_certainty_the_middle_of_what_is_likely_wins(
    low: float, middle: float, high: float, expected: str
) -> None:
    assert judged(ORDERED, low=low, middle=middle, high=high) == expected


def test_a_message_like_no_example_is_otherwise() -> None:
    assert judged(ORDERED) == "middle"
    assert judged(CAREFUL) == "none"


def test_with_certainty_another_level_must_be_that_likely() -> None:
    assert judged(CAREFUL, none=0.55, legal=0.41, press=0.04) == "legal"
    assert judged(CAREFUL, none=0.4, legal=0.3, press=0.3) == "none"


def test_cues_bound_the_level_and_the_upper_one_wins() -> None:
    assert judged(ORDERED, "The Site Is  DOWN", low=1) == "high"
    assert judged(ORDERED, "no rush", high=1) == "low"
    assert judged(ORDERED, "no rush, but the site is down", middle=1) == "high"


def test_a_cue_is_told_with_its_words_and_is_certain() -> None:
    found = grade("severity", ORDERED, Cues.of(ORDERED), {"low": 1.0}, "it is down again")

    assert found.why["at_least"] == "is down"
    assert found.why["likely"] == ["low", 1.0]
    assert found.confidence >= 0.9


def test_a_cue_that_changes_nothing_is_not_told() -> None:
    assert "at_least" not in grade("severity", ORDERED, Cues.of(ORDERED), {"high": 1.0}, "it is down").why
