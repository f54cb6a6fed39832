"""Kin: things of one kind that questions move between, such as the two plans of a business.

"How much is Basic?", then "and Pro?": the second question is the first one, about another of the kin. Vectors cannot
tell; the words "the other one" lie near whatever was said before.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

from antiphon.core.question import asks_for_other, leans_back
from antiphon.knowledge.piece import Piece
from antiphon.knowledge.words import content_words

_MOST = 4  # things of a kind; beyond, a list is a catalogue, whose names stand in questions for other reasons
_NAME_WORDS = 3  # a longer title is a sentence
_NUMBERED = re.compile(r"(?P<list>.*)/\d+$")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Relative:
    """One of the kin."""

    title: str  # "Pro plan"
    name: str  # "Pro"
    pattern: re.Pattern[str]

    def is_named(self, text: str) -> bool:
        return self.pattern.search(text) is not None


class Kin:
    """The kinds of things that some passages describe, each in a few numbered ones of a list."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        lists: defaultdict[str, list[str]] = defaultdict(list)
        for piece in pieces:
            if place := _NUMBERED.match(piece.passage.id):
                lists[place["list"]].append(piece.passage.title)
        self._kinds = [kind for titles in lists.values() if (kind := _kind(titles))]

    def resolved(self, question: str, context: str, said: str | None) -> str | None:
        """The question that a short one stands for, or None when it stands for itself.

        Args:
            context: the question before.
            said: the reply to it; who is named there is the one that "the other one" is not.
        """
        for kind in self._kinds:
            meant = _meant(kind, question, context, said or "")
            if meant is not None:
                return _asked_of(kind, meant, context)
        return None


def _kind(titles: list[str]) -> tuple[_Relative, ...]:
    """Things with names, or nothing when the titles of a list are no names."""
    if not 1 < len(titles) <= _MOST or any(len(title.split()) > _NAME_WORDS or "?" in title for title in titles):
        return ()
    last = {title.split()[-1] for title in titles if title}
    shared = last.pop() if len(last) == 1 else ""  # "plan"
    names = [title.removesuffix(shared).strip() for title in titles]
    if not all(names):
        return ()
    return tuple(
        _Relative(title=title, name=name, pattern=re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE))
        for title, name in zip(titles, names, strict=True)
    )


def _named(kind: tuple[_Relative, ...], text: str) -> list[_Relative]:
    return [relative for relative in kind if relative.is_named(text)]


def _meant(kind: tuple[_Relative, ...], question: str, context: str, said: str) -> _Relative | None:
    """Whom a short question is about, when it says nothing else."""
    named = _named(kind, question)
    if asks_for_other(question) and not named:
        spoken_of = next((found for found in (_named(kind, said), _named(kind, context)) if len(found) == 1), [])
        others = [relative for relative in kind if relative not in spoken_of]
        return others[0] if spoken_of and len(others) == 1 else None
    says_more = content_words(question) - content_words(" ".join(relative.title for relative in kind))
    if len(named) == 1 and leans_back(question) and not says_more and _named(kind, context):
        return named[0]
    return None


def _asked_of(kind: tuple[_Relative, ...], meant: _Relative, context: str) -> str:
    """The question before, asked of somebody else."""
    if not _named(kind, context):
        return f"{context} {meant.title}"
    return reduce(lambda text, relative: relative.pattern.sub(meant.name, text), kind, context)
