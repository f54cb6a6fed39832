"""Reading: a pack's knowledge files, found by their globs, as pieces."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from antiphon.core.errors import KnowledgeBroken
from antiphon.knowledge.json_file import from_json
from antiphon.knowledge.json_lines_file import from_json_lines
from antiphon.knowledge.markdown_file import BETWEEN, from_markdown
from antiphon.knowledge.piece import Piece
from antiphon.knowledge.sentences import sentences
from antiphon.knowledge.text_file import from_text

Marks: TypeAlias = tuple[tuple[str, int, int, int], ...]  # each file's name, size, and times of change in ns

FEW = 2_000  # passages that get several vectors each; with more, 1 ms a vector would be felt when they are indexed
LARGEST = 100_000_000  # bytes; as much as 450,000 passages, which take ten minutes to encode

_FORMATS = {
    ".json": from_json,
    ".jsonl": from_json_lines,
    ".md": from_markdown,
    ".markdown": from_markdown,
    ".txt": from_text,
}


def read(folder: Path, globs: Sequence[str]) -> list[Piece]:
    """Every piece of every file that the globs name, in the order of the globs, then of the names.

    Blocks while it reads; call it on a thread.

    Raises:
        KnowledgeBroken: a glob names nothing, or a file cannot be read; the reason says which and where.
    """
    pieces: list[Piece] = []
    read_already: set[Path] = set()
    for glob in globs:
        files = find(folder, glob)
        if not files:
            reason = f"no file matches {glob}" if _is_pattern(glob) else f"{glob} is missing"
            raise KnowledgeBroken(reason=reason)
        for file in files:
            if file not in read_already:
                read_already.add(file)
                pieces.extend(_read_file(file, file.relative_to(folder).as_posix()))
    return [_in_sentences(piece) for piece in pieces] if len(pieces) <= FEW else pieces


def marks(folder: Path, globs: Sequence[str]) -> Marks:
    """What changes when a file is added, removed, written, or made readable. Blocks for a stat a file."""
    found: dict[str, tuple[str, int, int, int]] = {}
    for glob in globs:
        try:
            for file in find(folder, glob):
                stat = file.stat()
                name = file.relative_to(folder).as_posix()
                found[name] = (name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        except (OSError, KnowledgeBroken):  # reading will say it better
            found[glob] = (glob, -1, -1, -1)
    return tuple(found.values())


def find(folder: Path, glob: str) -> list[Path]:
    """The files that a glob names, in order, without hidden ones.

    Raises:
        KnowledgeBroken: the glob leads out of the folder, or is none.
    """
    path = PurePosixPath(glob)
    if path.is_absolute() or ".." in path.parts:
        raise KnowledgeBroken(reason=f"{glob} leads out of the pack's folder")
    try:
        named = sorted(folder.glob(glob))
    except ValueError as error:
        raise KnowledgeBroken(reason=f"{glob!r} is no glob: {error}") from None
    return [file for file in named if file.is_file() and not file.name.startswith(".")]


def _in_sentences(piece: Piece) -> Piece:
    """A piece that is also found by each of its sentences: a question is about one of them, not about all.

    Each is led by its heading: "Within 7 days." alone is near too much. What is said as a whole is about one thing.
    """
    said = sentences(piece.passage.text)
    if piece.whole or len(said) < 2:
        return piece
    about = piece.passage.title.rpartition(BETWEEN)[2]
    return replace(piece, cues=tuple(dict.fromkeys((*piece.cues, *(f"{about}: {one}" for one in said)))))


def _read_file(file: Path, source: str) -> list[Piece]:
    parse = _FORMATS.get(file.suffix.lower())
    if parse is None:
        raise KnowledgeBroken(reason=f"{source} is none of {', '.join(_FORMATS)}")
    pieces = parse(source, _text(file, source))
    if not pieces:
        raise KnowledgeBroken(reason=f"{source} says nothing that could be answered with")
    return pieces


def _text(file: Path, source: str) -> str:
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise KnowledgeBroken(reason=f"{source}: {error.strerror or error}") from None
    if len(data) > LARGEST:
        raise KnowledgeBroken(reason=f"{source} is larger than {LARGEST // 1_000_000} MB; divide it")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line, column = _place(data, error.start)
        raise KnowledgeBroken(reason=f"{source}, line {line}, column {column}: not UTF-8 text") from None


def _place(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a byte."""
    before = data[:offset]
    return before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1


def _is_pattern(glob: str) -> bool:
    return any(mark in glob for mark in "*?[")
