"""Passages from JSON Lines: one object a line, `{"id": ..., "text": ...}`, with a `title` where it has one.

The format of large bases: what is a passage, and what it is called, is said by whoever wrote the file.
"""

import json
from typing import Any

from antiphon.core.errors import KnowledgeBroken
from antiphon.knowledge.breath import unhurried
from antiphon.knowledge.piece import Piece, cut


def from_json_lines(source: str, text: str) -> list[Piece]:
    """The pieces of a JSON Lines file; the id of a line is its place. Empty lines are passed over.

    Raises:
        KnowledgeBroken: a line is no such object, or an id comes twice; the reason names the line.
    """
    pieces: list[Piece] = []
    seen: set[str] = set()
    for number, line in enumerate(unhurried(text.split("\n")), start=1):
        if not line.strip():
            continue
        place = f"{source}, line {number}"
        fields = _object(line, place)
        id_, said, title = (fields.get(name, "") for name in ("id", "text", "title"))
        if not isinstance(id_, str | int) or isinstance(id_, bool) or not str(id_):
            raise KnowledgeBroken(reason=f"{place}: a passage needs an id")
        if not isinstance(said, str) or not said.strip() or not isinstance(title, str):
            raise KnowledgeBroken(reason=f"{place}: a passage needs a text, and a title is text too")
        if str(id_) in seen:
            raise KnowledgeBroken(reason=f"{place}: another passage has the id {id_}")
        seen.add(str(id_))
        pieces.extend(cut(source, str(id_), title, said))
    return pieces


def _object(line: str, place: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise KnowledgeBroken(reason=f"{place}, column {error.colno}: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise KnowledgeBroken(reason=f"{place}: {error}") from None
    if not isinstance(value, dict):
        raise KnowledgeBroken(reason=f"{place}: an object was expected")
    return value
