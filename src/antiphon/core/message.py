"""Messages: which parts of one say what it is about."""

import re
from collections.abc import Iterable

UNDERSTOOD_CHARS = 2000  # of a message; what stands further down does not change what it is about
LONG_WORDS = 40  # from here on, what is wanted drowns in what is told about it
PART_WORDS = 5  # at the least, of the beginning and of the end of a long message

_CLAUSE_ENDS = re.compile(r"[.!?;,:]\s|\n")


def telling_parts(text: str) -> tuple[str, ...]:
    """The message; of a long one also how it begins and how it ends, where most people say what they want."""
    whole = text[:UNDERSTOOD_CHARS]
    if len(whole.split()) < LONG_WORDS:
        return (whole,)
    clauses = [words for clause in _CLAUSE_ENDS.split(text) if (words := clause.split())]
    begins, ends = _enough(clauses), _enough(reversed([clause[::-1] for clause in clauses]))
    return tuple(dict.fromkeys((whole, " ".join(begins)[:UNDERSTOOD_CHARS], " ".join(ends[::-1])[-UNDERSTOOD_CHARS:])))


def _enough(clauses: Iterable[list[str]]) -> list[str]:
    """The words of so many clauses that they say something."""
    words: list[str] = []
    for clause in clauses:
        words += clause
        if len(words) >= PART_WORDS:
            break
    return words
