"""Multinomial logistic regression and its calibration, in numpy alone. No chance is involved anywhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Labels: TypeAlias = NDArray[np.intp]  # the number of a class for each line, from 0
Exact: TypeAlias = NDArray[np.float64]
Real = TypeVar("Real", np.float32, np.float64)
Objective: TypeAlias = Callable[[Exact], tuple[float, Exact]]  # a point to the value and gradient there

STEPS = 200  # at most; 20 to 50 are usual
GRADIENT_TOLERANCE = 1e-4  # the largest part of the gradient of the mean loss: the loss is then right to 1e-5
MEMORY = 10  # pairs of L-BFGS: the curvature of the last ten steps


@dataclass(frozen=True, kw_only=True, slots=True)
class Regression:
    """A fitted model: `softmax(x @ weights + bias)` is the probability of each class."""

    weights: Floats  # [features, classes]
    bias: Floats  # [classes]

    def log_probabilities(self, features: Floats) -> Floats:
        """[lines, features] to [lines, classes], not yet calibrated."""
        return log_softmax(features @ self.weights + self.bias)


def fit(features: Floats, labels: Labels, *, classes: int, strength: float) -> Regression:
    """The weights with the least `sum of losses + |weights|^2 / (2 strength)`; the bias is free.

    `features` is [lines, features]. The problem is convex: the answer does not depend on where the search begins.
    It is searched in float64: in float32 the order of a sum, which differs from process to process, would show.
    """
    lines, width = features.shape
    objective = _objective(features.astype(np.float64), labels, classes, penalty=1 / (strength * lines))
    start = np.zeros((width + 1) * classes, dtype=np.float64)
    found = _minimise(objective, start).reshape(width + 1, classes)
    return Regression(weights=found[:-1].astype(np.float32), bias=found[-1].astype(np.float32))


def log_softmax(logits: NDArray[Real]) -> NDArray[Real]:
    """Row by row; every row of `exp` of it sums to 1."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # type: ignore[no-any-return]


def temperature(logits: Floats, labels: Labels) -> float:
    """What to divide logits by so that their softmax is as often right as it says; 1/20 to 20.

    The logits must come from lines that the model did not see; for none it is 1. The loss is convex in the
    inverse temperature, so its slope has one root and bisection finds it. One imagined line of no class is
    added: without it, a few lines that are all right would make the model certain of everything.
    """
    lines = len(labels)
    if lines == 0:
        return 1.0
    imagined = 1 / (lines + 1)
    target = (1 - imagined) * logits[np.arange(lines), labels] + imagined * logits.mean(axis=1)
    low, high = np.log(1 / 20), np.log(20)
    for _ in range(30):
        middle = (low + high) / 2
        probabilities = np.exp(log_softmax(logits * np.float32(np.exp(middle))))
        slope = float(((probabilities * logits).sum(axis=1) - target).mean())
        low, high = (middle, high) if slope < 0 else (low, middle)
    return float(np.exp(-(low + high) / 2))


def stratified_folds(labels: Labels, count: int) -> NDArray[np.intp]:
    """The fold of each line, from 0. A class is spread evenly, in order; where it begins differs by class.

    A line that is alone in its class gets -1: held out, nothing would know its class.
    """
    folds = np.full(len(labels), -1, dtype=np.intp)
    for label in np.unique(labels):
        (lines,) = np.nonzero(labels == label)
        if len(lines) > 1:
            folds[lines] = (np.arange(len(lines)) + label) % count
    return folds


def _objective(features: Exact, labels: Labels, classes: int, penalty: float) -> Objective:
    """The mean loss with the penalty, as a function of weights and bias in one flat array."""
    lines, width = features.shape
    rows = np.arange(lines)
    scale = 1 / lines

    def value_and_gradient(point: Exact) -> tuple[float, Exact]:
        both = point.reshape(width + 1, classes)
        weights, bias = both[:-1], both[-1]
        log_probabilities = log_softmax(features @ weights + bias)
        value = -log_probabilities[rows, labels].mean() + 0.5 * penalty * float((weights**2).sum())
        error = np.exp(log_probabilities)
        error[rows, labels] -= 1
        error *= scale
        gradient = np.vstack([features.T @ error + penalty * weights, error.sum(axis=0)])
        return float(value), gradient.ravel()

    return value_and_gradient


def _minimise(objective: Objective, point: Exact) -> Exact:
    """L-BFGS with a backtracking line search (Nocedal and Wright, *Numerical Optimization*, 7.4 and 7.5)."""
    value, gradient = objective(point)
    pairs: list[tuple[Exact, Exact, float]] = []  # step, change of gradient, 1 / their product
    for _ in range(STEPS):
        if float(np.abs(gradient).max()) < GRADIENT_TOLERANCE:
            break
        direction = -_scaled_by_curvature(gradient, pairs)
        slope = float(direction @ gradient)
        length = 1.0
        next_point = point + direction
        next_value, next_gradient = objective(next_point)
        while next_value > value + 1e-4 * length * slope and length > 1e-6:
            length /= 2
            next_point = point + length * direction
            next_value, next_gradient = objective(next_point)
        if next_value >= value:
            break  # the numbers see no way further down
        step, change = next_point - point, next_gradient - gradient
        product = float(step @ change)
        if product > 1e-10 * float(change @ change):
            pairs = [*pairs, (step, change, 1 / product)][-MEMORY:]
        point, value, gradient = next_point, next_value, next_gradient
    return point


def _scaled_by_curvature(gradient: Exact, pairs: list[tuple[Exact, Exact, float]]) -> Exact:
    """The two loops of L-BFGS: about the inverse Hessian times the gradient."""
    if not pairs:
        return gradient * (10 / max(float(np.abs(gradient).sum()), 1e-9))
    scaled = gradient.copy()
    shares = []
    for step, change, inverse in reversed(pairs):
        share = inverse * float(step @ scaled)
        scaled -= share * change
        shares.append(share)
    _, change, inverse = pairs[-1]
    scaled *= 1 / (inverse * float(change @ change))
    for (step, change, inverse), share in zip(pairs, reversed(shares), strict=True):
        scaled += (share - (inverse * float(change @ scaled))) * step
    return scaled
