import pytest

from antiphon.core.intent import Understanding
from antiphon.language.measure import Measures, calibration_error


def understood(intent: str, confidence: float = 1.0, *, in_scope: bool = True) -> Understanding:
    return Understanding(
        intent=intent,
        confidence=confidence,
        in_scope=in_scope,
        scope_score=1.0,
        threshold=0.5,
        ranked=((intent, confidence),),
    )


def test_each_figure_looks_at_its_own_lines() -> None:
    found = Measures.of(
        ["a", "a", "b", "b", "oos", "oos", "oos"],
        [
            understood("a"),
            understood("b"),
            understood("b", in_scope=False),
            understood("b"),
            understood("a"),
            understood("a", in_scope=False),
            understood("b", in_scope=False),
        ],
    )
    assert found.lines == 7
    assert found.accuracy == pytest.approx(3 / 4)  # before rejection
    assert found.false_rejections == pytest.approx(1 / 4)
    assert found.out_of_scope_recall == pytest.approx(2 / 3)
    assert found.calibration_error == pytest.approx(1 / 4)


def test_a_share_of_nothing_is_none() -> None:
    empty = Measures.of([], [])
    assert (empty.lines, empty.accuracy, empty.calibration_error) == (0, None, None)
    assert Measures.of(["a"], [understood("a")]).out_of_scope_recall is None


def test_calibration_is_the_weighted_gap_in_each_bin() -> None:
    assert calibration_error([0.9, 0.9, 0.9, 0.9], [True, True, True, False]) == pytest.approx(0.15)
    assert calibration_error([0.51, 0.99], [True, True], bins=2) == pytest.approx(0.25)  # one bin: gaps add up
    assert calibration_error([0.4, 0.6], [True, False], bins=2) == pytest.approx(0.6)  # two: they do not cancel
    assert calibration_error([1.0], [True]) == 0
