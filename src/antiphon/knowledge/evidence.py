"""Evidence: how much a passage's own words say that it answers a question.

Similarity alone is confident about questions of the same shape ("do you offer car insurance?" is near "do you offer
refunds?"). The words that carry a question's meaning tell the two apart: they are in the passage, or they are not.
"""

import math
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from antiphon.knowledge.breath import unhurried
from antiphon.knowledge.piece import Piece
from antiphon.knowledge.words import content_words

_WEIGHT = 0.15  # of the words beside the similarity: from -0.075 (none is there) to +0.075 (all are)
_TITLE_WEIGHT = 0.05  # of the title: "and Pro?" is about the Pro plan rather than about all plans
_NEUTRAL = 0.5  # the share that changes nothing; also that of a question without such words, "how much is it?"


class _Words(NamedTuple):
    text: frozenset[str]
    title: frozenset[str]


class Evidence:
    """What the words of a question are worth among these passages: a rare one says more than a common one."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._holding: Counter[str] = Counter()  # how many passages hold a word
        self._passages = 0
        self._words: dict[str, _Words] = {}  # of the passages asked about so far; finding them costs more than all else
        for piece in unhurried(pieces):
            self._passages += 1
            self._holding.update(_words_of(piece))

    def strength(self, similarity: float, words: frozenset[str], piece: Piece) -> float:
        """How surely a passage answers a question of these content words, 0 to 1."""
        found = self._words.get(piece.passage.id)
        if found is None:
            found = self._words[piece.passage.id] = _Words(_words_of(piece), content_words(piece.passage.title))
        share = self.share(words, found.text) - _NEUTRAL
        entitled = self.share(words, found.title)
        strength = similarity + _WEIGHT * share + _TITLE_WEIGHT * entitled
        return min(max(strength, 0.0), 1.0)

    def knows(self, words: frozenset[str]) -> bool:
        """Whether any passage holds any of these words."""
        return any(word in self._holding for word in words)

    def share(self, words: frozenset[str], held: frozenset[str]) -> float:
        """Which part of the meaning of these words is held, 0 to 1."""
        worth = {word: math.log(1 + (1 + self._passages) / (1 + self._holding[word])) for word in words}
        if not worth:
            return _NEUTRAL
        return sum(worth[word] for word in words & held) / sum(worth.values())


def _words_of(piece: Piece) -> frozenset[str]:
    """The words of a passage, and of the questions that are known to lead to it."""
    return content_words(" ".join(piece.cues))
