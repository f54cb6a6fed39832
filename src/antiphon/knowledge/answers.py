"""Answers: sentences of the best passage, an offer of what might be meant, or an honest "I do not know"."""

from collections.abc import Sequence
from dataclasses import dataclass

from antiphon.core.pack import KnowledgeDef
from antiphon.core.passage import Answer, Band, Found
from antiphon.knowledge.piece import Piece
from antiphon.knowledge.sentences import sentences
from antiphon.knowledge.words import content_words

SHORT = 320  # characters; three sentences of usual length, which need no choosing
MOST_SENTENCES = 3
_SUGGESTIONS = 3
_NEAR_BEST = 0.15  # a sentence this much less relevant than the best one is about something else
_WORD_BONUS = 0.3  # what the question's own words in a sentence add to its similarity


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A piece that may hold the answer, and how surely."""

    piece: Piece
    strength: float  # 0 to 1

    @property
    def found(self) -> Found:
        return Found(passage=self.piece.passage, score=self.strength)


def band(strength: float, definition: KnowledgeDef) -> Band:
    """What may be said on evidence of that strength."""
    if strength >= definition.answer_at:
        return "answer"
    return "did_you_mean" if strength >= definition.suggest_at else "dont_know"


def needs_choosing(piece: Piece) -> bool:
    """Whether an answer from this piece should be a part of it."""
    return not piece.whole and len(piece.passage.text) > SHORT and len(sentences(piece.passage.text)) > 1


def choose(question: str, said: Sequence[str], similarities: Sequence[float]) -> str:
    """The sentences that answer a question, in their own order, at most three.

    `similarities` are those of the question with each sentence, -1 to 1.
    """
    words = content_words(question)
    scores = [
        similarity + _WORD_BONUS * len(words & content_words(sentence)) / max(len(words), 1)
        for sentence, similarity in zip(said, similarities, strict=True)
    ]
    best = max(scores)
    ranked = sorted(range(len(said)), key=lambda place: -scores[place])[:MOST_SENTENCES]
    chosen = sorted(place for place in ranked if scores[place] >= best - _NEAR_BEST)
    return _joined([said[place] for place in chosen])


def unsure(candidates: Sequence[Candidate], definition: KnowledgeDef) -> Answer:
    """The answer that gives no answer: suggestions where there are any that may be meant."""
    titles = dict.fromkeys(
        candidate.piece.passage.title
        for candidate in candidates
        if candidate.strength >= definition.suggest_at and candidate.piece.passage.title
    )
    offered = tuple(titles)[:_SUGGESTIONS]
    return Answer(
        band="did_you_mean" if offered else "dont_know",
        text="",
        found=tuple(candidate.found for candidate in candidates),
        suggestions=offered,
    )


def sure(candidates: Sequence[Candidate], text: str) -> Answer:
    """The answer that the first candidate gives."""
    return Answer(band="answer", text=text, found=tuple(candidate.found for candidate in candidates))


def _joined(chosen: Sequence[str]) -> str:
    """Sentences as one text; a list keeps its lines."""
    text = ""
    for sentence in chosen:
        lines = "\n" in sentence or sentence.startswith(("- ", "* ", "• ")) or text.rpartition("\n")[2].startswith("- ")
        text += ("\n" if lines else " ") + sentence if text else sentence
    return text
