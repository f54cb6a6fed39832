"""Passages from plain text: one for each paragraph, under the heading before it."""

import re
from pathlib import PurePosixPath

from antiphon.knowledge.piece import Piece, cut
from antiphon.knowledge.prose import heading

_BETWEEN = re.compile(r"\n[ \t]*\n\s*")
_ASKED = re.compile(r"(?:q|question)\s*[:.]\s*(.+?)\n\s*(?:a|answer)\s*[:.]\s*(.+)", re.IGNORECASE | re.DOTALL)
_HEADING_LENGTH = 60  # characters
_BULLET = re.compile(r"\s*(?:[-*•–]|\d{1,3}[.)])\s+")


def from_text(source: str, text: str) -> list[Piece]:
    """The pieces of a plain text file; a paragraph's number, from 1, is its place.

    Paragraphs without a heading are about what the file's name says.
    """
    title = heading(PurePosixPath(source).stem)
    paragraphs = [part for part in _BETWEEN.split(text.replace("\r\n", "\n")) if part.strip()]
    pieces: list[Piece] = []
    for number, paragraph in enumerate(paragraphs, start=1):
        place = f"paragraph-{number}"
        if asked := _ASKED.match(paragraph.strip()):
            pieces.extend(cut(source, place, asked[1], _joined(asked[2]), cues=(asked[1],), whole=True))
        elif number < len(paragraphs) and _is_heading(paragraph):
            title = paragraph.strip().rstrip(":=-# ")
        else:
            pieces.extend(cut(source, place, title, _joined(paragraph)))
    return pieces


def _is_heading(paragraph: str) -> bool:
    """Whether a paragraph announces the next one: a short line without an end."""
    line = paragraph.strip()
    return "\n" not in line and len(line) <= _HEADING_LENGTH and line[-1] not in ".!?,;"


def _joined(paragraph: str) -> str:
    """A paragraph with its wrapped lines joined, but one line for each item of a list."""
    lines: list[str] = []
    for line in paragraph.strip().splitlines():
        if lines and not _BULLET.match(line):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.strip())
    return "\n".join(lines)
