"""What a message means: a regression on a pack's examples, their nearest neighbours, and honest doubt.

The evidence for an intent is the regression's log probability and the cosine of the intent's nearest example:
the first knows what tells intents apart, the second what was literally said before. A temperature makes the
probabilities true. Whether the message is about anything the pack knows is another question and has a score
of its own. Temperature and threshold come from cross-validation on the examples alone.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from antiphon.core.intent import Understanding
from antiphon.core.names import Vector
from antiphon.language.embeddings import EmbeddingCache
from antiphon.language.neighbours import Neighbours
from antiphon.language.regression import (
    Floats,
    Labels,
    Regression,
    fit,
    log_softmax,
    stratified_folds,
    temperature,
)

OUT_OF_SCOPE = "oos"  # the intent of lines that are about nothing the pack knows; they are not learnt from

STRENGTH = 10.0  # of the regression; from 10 to 30 it matters little, with ten examples an intent or a hundred
NEIGHBOUR_WEIGHT = 2.0  # log probability that a cosine of 1 is worth
CERTAINTY_WEIGHT = 0.5  # cosine that a probability of 1 is worth, in the score of scope

TOLERATED = 0.04  # share of unseen examples below the threshold; messages vary a little more than examples
PRIOR_LINES = 50  # examples that the guess is worth; with ten intents of ten it counts a third
PRIOR_COSINE = 0.3  # strangers come this near to one of a few examples, paraphrases nearer

FOLDS = 10  # held-out lines then know nine tenths of the examples, nearly as much as a message will
FOLDS_OF_ENOUGH = 5  # with enough examples an intent, four fifths say as much, in half the time
ENOUGH = 15  # examples an intent
FOLDS_OF_MANY = 3  # with many examples an intent, two thirds of them say as much
MANY_LINES = 4_000  # from here on a fold costs seconds
RANKED = 5  # intents that an understanding names


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Examples as numbers."""

    vectors: Floats  # [lines, dimensions], unit length
    labels: Labels  # [lines], the place of each one's intent

    def where(self, chosen: NDArray[np.bool_]) -> "Lines":
        """The lines for which `chosen` is true."""
        return Lines(vectors=self.vectors[chosen], labels=self.labels[chosen])


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """What weighs the evidence for each intent, before calibration."""

    regression: Regression
    neighbours: Neighbours

    @classmethod
    def taught(cls, lines: Lines, *, classes: int) -> Self:
        """Learn from examples of every class."""
        return cls(
            regression=fit(lines.vectors, lines.labels, classes=classes, strength=STRENGTH),
            neighbours=Neighbours.among(lines.vectors, lines.labels, classes=classes),
        )

    def weigh(self, messages: Floats) -> tuple[Floats, Floats]:
        """For messages of [messages, dimensions]: logits [messages, intents] and scores of scope [messages].

        A score of scope is rarely below 0 and at most 1.5.
        """
        likely = self.regression.log_probabilities(messages)
        near = self.neighbours.nearest(messages)
        logits = likely + np.float32(NEIGHBOUR_WEIGHT) * near
        return logits, near.max(axis=1) + np.float32(CERTAINTY_WEIGHT) * np.exp(likely.max(axis=1))


@dataclass(frozen=True, kw_only=True, slots=True)
class IntentClassifier:
    """A pack's intents, learnt. Classifying is pure and takes less than 0.1 ms."""

    intents: tuple[str, ...]  # sorted; the classes in order
    judge: Judge
    temperature: float  # what logits are divided by
    threshold: float  # scores of scope below it are out of scope

    @classmethod
    def train(
        cls,
        examples: Sequence[tuple[str, str]],
        vectors: Sequence[Vector],
        names: Mapping[str, Vector] | None = None,
    ) -> Self:
        """Learn from (text, intent) and the vector of each text; `names` holds the vectors of intents' names.

        A name counts as one more example of its intent. Lines of the intent `oos` are left out. Blocks for
        0.2 s with 20 intents of 10 examples and for some 8 s with 150 of 100: not on the event loop.

        Raises:
            ValueError: there is no example of any intent.
        """
        pairs = [(intent, vector) for (_, intent), vector in zip(examples, vectors, strict=True)]
        # Once each: a repeated line would be held out and seen at the same time, and promise too much.
        given = [pair for pair in dict.fromkeys(pairs) if pair[0] != OUT_OF_SCOPE]
        if not given:
            raise ValueError("a classifier needs at least one example of an intent")
        intents = tuple(sorted({intent for intent, _ in given}))
        named = [(intent, vector) for intent, vector in (names or {}).items() if intent in intents]
        lines = _numbered(given + named, intents)
        held_out = np.arange(len(lines.labels)) < len(given)
        logits, scope, labels = _unseen(lines, held_out, classes=len(intents))
        return cls(
            intents=intents,
            judge=Judge.taught(lines, classes=len(intents)),
            temperature=temperature(logits, labels),
            threshold=_threshold(scope, classes=len(intents)),
        )

    def classify(self, vector: Vector, allowed: frozenset[str] | None = None) -> Understanding:
        """Understand one message, among the allowed intents when given.

        Scope is judged over all intents either way: what another intent of the pack covers is no stranger.

        Raises:
            ValueError: none of the allowed intents was learnt.
        """
        (logits,), (score,) = self.judge.weigh(_matrix([vector]))
        logits = logits / np.float32(self.temperature)
        if allowed is not None:
            logits = np.where([intent in allowed for intent in self.intents], logits, np.float32(-np.inf))
            if np.isneginf(logits).all():
                raise ValueError(f"none of the allowed intents has examples: {', '.join(sorted(allowed))}")
        probabilities = np.exp(log_softmax(logits[np.newaxis])[0])
        best = np.argsort(-probabilities, kind="stable")[:RANKED]
        ranked = tuple((self.intents[i], float(probabilities[i])) for i in best if probabilities[i] > 0)
        return Understanding(
            intent=ranked[0][0],
            confidence=ranked[0][1],
            in_scope=bool(score >= self.threshold),
            scope_score=float(score),
            threshold=self.threshold,
            ranked=ranked,
        )


async def learn(examples: Sequence[tuple[str, str]], cache: EmbeddingCache) -> IntentClassifier:
    """Train on (text, intent), with vectors from the cache and the intents' names as examples.

    Raises:
        ValueError: there is no example of any intent.
    """
    intents = sorted({intent for _, intent in examples})
    vectors = await cache.vectors([text for text, _ in examples] + [spoken(intent) for intent in intents])
    names = dict(zip(intents, vectors[len(examples) :], strict=True))
    return await asyncio.to_thread(IntentClassifier.train, examples, vectors[: len(examples)], names)


def spoken(intent: str) -> str:
    """An intent's name as one would say it: `card_arrival` is "card arrival"."""
    return " ".join(re.findall(r"\w+", intent.replace("_", " ").lower()))


def _matrix(vectors: Sequence[Vector]) -> Floats:
    return np.frombuffer(b"".join(vectors), dtype="<f4").reshape(len(vectors), -1)


def _numbered(pairs: Sequence[tuple[str, Vector]], intents: Sequence[str]) -> Lines:
    places = {intent: place for place, intent in enumerate(intents)}
    return Lines(
        vectors=_matrix([vector for _, vector in pairs]),
        labels=np.array([places[intent] for intent, _ in pairs], dtype=np.intp),
    )


def _unseen(lines: Lines, may_leave: NDArray[np.bool_], *, classes: int) -> tuple[Floats, Floats, Labels]:
    """Logits, scores of scope and labels of lines as a judge sees them that was not taught with them.

    Lines that may not leave (names) are always taught. Nothing comes back when every intent has one line.
    """
    count = _folds(len(lines.labels), classes)
    folds = np.full(len(lines.labels), -1, dtype=np.intp)
    folds[may_leave] = stratified_folds(lines.labels[may_leave], count)
    logits, scope = [np.zeros((0, classes), np.float32)], [np.zeros(0, np.float32)]
    labels = [lines.labels[:0]]
    for fold in np.unique(folds[folds >= 0]):
        out = lines.where(folds == fold)
        seen, score = Judge.taught(lines.where(folds != fold), classes=classes).weigh(out.vectors)
        logits.append(seen)
        scope.append(score)
        labels.append(out.labels)
    return np.concatenate(logits), np.concatenate(scope), np.concatenate(labels)


def _folds(lines: int, classes: int) -> int:
    if lines >= MANY_LINES:
        return FOLDS_OF_MANY
    return FOLDS_OF_ENOUGH if lines >= ENOUGH * classes else FOLDS


def _threshold(scope: Floats, *, classes: int) -> float:
    """Where `TOLERATED` of the unseen examples would be refused, pulled to a guess when they are few.

    The guess is a cosine that paraphrases exceed, with a certainty a quarter of the way from none to full.
    """
    guess = PRIOR_COSINE + CERTAINTY_WEIGHT * (0.25 + 0.75 / classes)
    if len(scope) == 0:
        return guess
    seen = float(np.quantile(scope, TOLERATED))
    return (len(scope) * seen + PRIOR_LINES * guess) / (len(scope) + PRIOR_LINES)
