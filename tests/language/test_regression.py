import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.language.regression import (
    Floats,
    Labels,
    _objective,
    fit,
    log_softmax,
    stratified_folds,
    temperature,
)


def some_lines(seed: int, lines: int, width: int, classes: int) -> tuple[Floats, Labels]:
    random = np.random.default_rng(seed)
    return random.normal(size=(lines, width)).astype(np.float32), random.integers(0, classes, lines)


@given(seed=st.integers(0, 10_000), lines=st.integers(1, 12), width=st.integers(1, 5), classes=st.integers(1, 4))
def test_the_gradient_is_the_slope(seed: int, lines: int, width: int, classes: int) -> None:
    features, labels = some_lines(seed, lines, width, classes)
    objective = _objective(features.astype(np.float64), labels, classes, penalty=0.3)
    point = np.random.default_rng(seed + 1).normal(size=(width + 1) * classes)
    _, gradient = objective(point)
    for place in range(len(point)):
        nudge = np.zeros_like(point)
        nudge[place] = 1e-5
        ahead, behind = objective(point + nudge)[0], objective(point - nudge)[0]
        assert gradient[place] == pytest.approx((ahead - behind) / 2e-5, abs=1e-4)


@given(seed=st.integers(0, 10_000), classes=st.integers(1, 5), strength=st.sampled_from([0.1, 1.0, 10.0, 100.0]))
def test_no_slope_is_left_where_it_stops(seed: int, classes: int, strength: float) -> None:
    features, labels = some_lines(seed, 30, 6, classes)
    model = fit(features, labels, classes=classes, strength=strength)
    found = np.vstack([model.weights, model.bias]).ravel().astype(np.float64)
    _, gradient = _objective(features.astype(np.float64), labels, classes, penalty=1 / (strength * 30))(found)
    assert np.abs(gradient).max() < 1e-3


def test_without_features_the_bias_is_the_log_of_the_shares() -> None:
    labels = np.repeat([0, 1, 2], [5, 3, 2])
    model = fit(np.zeros((10, 1), dtype=np.float32), labels, classes=3, strength=1.0)
    shares = np.exp(model.log_probabilities(np.zeros((1, 1), dtype=np.float32)))
    assert shares[0] == pytest.approx([0.5, 0.3, 0.2], abs=1e-3)


def test_a_binary_fit_meets_its_closed_condition() -> None:
    """With one feature at +1 and -1, the optimum w solves: w / strength = sum of what is wrong at that w."""
    features = np.array([[1], [1], [-1], [-1]], dtype=np.float32)
    model = fit(features, np.array([1, 1, 0, 0]), classes=2, strength=2.0)
    weight = float(model.weights[0, 1])
    wrong = 1 / (1 + np.exp(2 * weight))
    assert weight == pytest.approx(2.0 * 4 * wrong, abs=1e-2)
    assert model.weights[0, 0] == pytest.approx(-weight, abs=1e-4)


def test_a_fit_repeats_itself() -> None:
    features, labels = some_lines(1, 200, 20, 5)
    first, again = (fit(features, labels, classes=5, strength=10.0) for _ in range(2))
    assert first.weights.tobytes() == again.weights.tobytes()


@pytest.mark.parametrize("true", [0.25, 1.0, 3.0])
def test_the_temperature_is_found(true: float) -> None:
    random = np.random.default_rng(0)
    logits = random.normal(scale=2, size=(20_000, 4)).astype(np.float32)
    chances = np.exp(log_softmax(logits)).cumsum(axis=1)
    labels = (random.random((20_000, 1)) > chances).sum(axis=1).clip(max=3)
    assert temperature(logits * np.float32(true), labels) == pytest.approx(true, rel=0.05)


def test_a_few_lines_that_are_all_right_do_not_make_certain() -> None:
    logits = np.eye(2, dtype=np.float32)[[0, 1, 0]]
    sure = np.exp(log_softmax(logits / np.float32(temperature(logits, np.array([0, 1, 0])))))
    assert 0.8 < sure.max() < 0.95


@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=60), count=st.integers(2, 10))
def test_folds_spread_a_class_and_keep_a_lone_line(labels: list[int], count: int) -> None:
    folds = stratified_folds(np.array(labels), count)
    for label in set(labels):
        of_class = folds[np.array(labels) == label]
        if len(of_class) == 1:
            assert of_class[0] == -1
        else:
            sizes = np.bincount(of_class, minlength=count)
            assert sizes.max() - sizes.min() <= 1
            assert sizes.max() < len(of_class)  # something is left to learn the class from
