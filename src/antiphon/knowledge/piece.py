"""Pieces: passages on their way into the index, cut to a length that one vector can stand for."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from antiphon.core.passage import Passage
from antiphon.knowledge.sentences import sentences

LONGEST = 1000  # characters; about 250 word pieces, which is where the encoder stops reading

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # no database and no tokenizer takes these
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r" ?\n[ \n]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A passage with what only the index and the answers need to know of it."""

    passage: Passage
    cues: tuple[str, ...]  # what a question may look like; each gets a vector, the first is the content
    whole: bool  # said as a whole, never in part: an answer somebody wrote, an overview


def clean(text: str) -> str:
    """Text with single spaces, no blank lines, and nothing in it that a database would refuse."""
    return _BLANK_LINES.sub("\n", _SPACES.sub(" ", _CONTROL.sub("", text))).strip()


def cut(
    source: str, place: str, title: str, text: str, *, cues: Sequence[str] = (), whole: bool = False
) -> Iterator[Piece]:
    """The pieces of one place in a file; none when it says nothing.

    `place` must be unique in its file. Long text gives several pieces, all under the same title; from the second on
    their ids end in `~2`, `~3`.
    """
    title = clean(title).replace("\n", " ")
    for number, part in enumerate(_parts(clean(text)), start=1):
        id_ = f"{source}#{place}" if number == 1 else f"{source}#{place}~{number}"
        passage = Passage(id=id_, source=source, title=title, text=part)
        # What leads to the text as a whole leads to its beginning.
        more = (clean(cue) for cue in cues if number == 1)
        all_cues = tuple(dict.fromkeys((passage.content, *(cue for cue in more if cue))))
        yield Piece(passage=passage, cues=all_cues, whole=whole)


def _parts(text: str) -> Iterator[str]:
    """Text cut at the ends of lines, else of sentences, else of words."""
    part = ""
    for unit in _units(text):
        if part and len(part) + len(unit) > LONGEST:
            yield part.strip()
            part = ""
        part += unit
    if part.strip():
        yield part.strip()


def _units(text: str) -> Iterator[str]:
    """What is not cut further, each with the space after it."""
    for line in text.splitlines(keepends=True):
        if len(line) <= LONGEST:
            yield line
            continue
        for sentence in sentences(line):
            if len(sentence) <= LONGEST:
                yield sentence + " "
            else:
                yield from _words(sentence)
        yield "\n"


def _words(text: str) -> Iterator[str]:
    for word in text.split():
        for start in range(0, len(word), LONGEST):
            yield word[start : start + LONGEST] + " "
