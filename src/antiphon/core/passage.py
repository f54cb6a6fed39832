"""Passages of knowledge, what a search finds, and an answer made of them."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Band: TypeAlias = Literal["answer", "did_you_mean", "dont_know"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A piece of knowledge that can stand alone."""

    id: str  # stable while its source and place stay the same, e.g. "autostream_kb.json#faqs/3"
    source: str  # the file that it came from, relative to the pack
    title: str  # what it is about: a heading, a question, a plan's name
    text: str  # what it says

    @property
    def content(self) -> str:
        """Title and text as one piece, as it is shown to a caller."""
        return f"{self.title}: {self.text}" if self.title else self.text


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A passage that a search found."""

    passage: Passage
    score: float  # 0 to 1; cosine similarity, or of an answer: with the evidence of the question's words


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Sentences from the best passage, or an honest lack of them."""

    band: Band
    text: str  # the sentences, or "" when nothing is known
    found: tuple[Found, ...]  # what was considered, best first; the first is the source of `text`
    suggestions: tuple[str, ...] = ()  # titles to offer when the band is did_you_mean
