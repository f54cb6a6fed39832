"""Passages from Markdown: one under each heading, with the path of headings as its title."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from antiphon.knowledge.piece import Piece, cut

_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)\s*$")
_FENCE = re.compile(r"\s*(```|~~~)")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.{0,20000}?-->", re.DOTALL)
_BULLET = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
_TABLE_RULE = re.compile(r"\s*\|?[\s:|-]*-[\s:|-]*$")
# The bounds keep a strange file from costing quadratic time.
_IMAGE = re.compile(r"!\[[^\]]{0,500}\]\([^)]{0,2000}\)")
_LINK = re.compile(r"\[([^\]]{1,500})\]\((\S{1,2000}?)(?:\s+\"[^\"]{0,200}\")?\)")
_EMPHASIS = re.compile(r"(\*\*|__|(?<![\w*])[*_](?=\S))(.{1,500}?)(?<=\S)\1(?!\w)")
_SLUG = re.compile(r"[\W_]+")
BETWEEN = " › "  # noqa: RUF001  # what readers know from the path above a page


def from_markdown(source: str, text: str) -> list[Piece]:
    """The pieces of a Markdown file. Ids are made of the headings, so that they outlive text added elsewhere."""
    seen: Counter[str] = Counter()
    pieces: list[Piece] = []
    for path, lines in _sections(_COMMENT.sub("", _FRONT_MATTER.sub("", text))):
        place = "/".join(_SLUG.sub("-", title.lower()).strip("-") for title in path) or "top"
        seen[place] += 1
        if seen[place] > 1:
            place = f"{place}.{seen[place]}"
        body = "\n".join(_paragraphs(lines))
        asked = bool(path) and path[-1].endswith("?")
        # The heading and the text without the path: the name of the document is near everything in it.
        cues = [*path[-1:], f"{path[-1]}: {body}"] if path else []
        pieces.extend(cut(source, place, BETWEEN.join(path), body, cues=cues, whole=asked))
    return pieces


def _sections(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Paths of headings, each with the lines under it."""
    path: list[tuple[int, str]] = []  # level and heading
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= _FENCE.match(line) is not None
        level, title = (0, "") if fenced else _heading(line, lines)
        if not level:
            lines.append(line)
            continue
        yield [name for _, name in path], lines
        path = [*(above for above in path if above[0] < level), (level, title)]
        lines = []
    yield [name for _, name in path], lines


def _heading(line: str, before: list[str]) -> tuple[int, str]:
    """Level and text of a heading that ends on this line, or level 0. An underlined one is taken off `before`."""
    if marked := _HEADING.match(line):
        return len(marked[1]), _plain(marked[2])
    if (under := _UNDERLINE.match(line)) and _may_be_underlined(before):
        return (1 if under[1][0] == "=" else 2), _plain(before.pop())
    return 0, ""


def _may_be_underlined(before: list[str]) -> bool:
    """Whether the last of these lines is a paragraph of one line; under anything else dashes are a rule."""
    if not before or not before[-1].strip() or "|" in before[-1] or _BULLET.match(before[-1]):
        return False
    return len(before) == 1 or not before[-2].strip()


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Lines as they should be read: wrapped ones joined, one for each item of a list and each row of a table."""
    part = ""
    header: list[str] = []
    fenced = False
    for line in lines:
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            yield line
        elif line.lstrip().startswith("|"):
            if not _TABLE_RULE.match(line):
                cells = _cells(line)
                if header:
                    yield _row(header, cells)
                header = header or cells
            continue
        elif not line.strip() or _BULLET.match(line):
            yield part
            part = _plain(line)
        else:
            part = f"{part} {_plain(line.lstrip('> '))}"
        header = []
    yield part


def _cells(line: str) -> list[str]:
    return [_plain(cell) for cell in line.strip().strip("|").split("|")]


def _row(header: Sequence[str], cells: Sequence[str]) -> str:
    """ "- Basic – Price: $29/month, Videos: 10"."""
    rest = [f"{name}: {cell}" if name else cell for name, cell in zip(header[1:], cells[1:], strict=False) if cell]
    return f"- {cells[0]} – {', '.join(rest)}" if rest else f"- {cells[0]}"


def _plain(text: str) -> str:
    """Text without its marks; a link keeps its address, which may be the answer."""
    text = _LINK.sub(
        lambda link: link[1] if link[2].startswith("#") else f"{link[1]} ({link[2]})", _IMAGE.sub("", text)
    )
    return _EMPHASIS.sub(r"\2", text.replace("`", "")).strip()
