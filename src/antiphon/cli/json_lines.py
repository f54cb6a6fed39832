"""Reading the lines of an evaluation: JSON objects, each checked, each with its place when it is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from antiphon.core.errors import LineInvalid

Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Line(BaseModel):
    """A line; what else stands in it is passed over, and a number may name something."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class Labelled(Line):
    """A message and what it means; the intent `oos` is none of the others."""

    text: Said
    intent: Said


class Text(Line):
    """A passage."""

    id: Said
    text: Said


class Query(Line):
    """A question and the ids of the passages that answer it."""

    id: Said
    text: Said
    relevant: tuple[Said, ...] = Field(min_length=1)


L = TypeVar("L", bound=Line)
Check: TypeAlias = Callable[[L], str | None]  # what else is wrong with a line


def lines_of(file: Path, kind: type[L], check: Check[L] = lambda _: None) -> list[L]:
    """Every line of a file that is not empty.

    Raises:
        LineInvalid: with the file and the line, from 1.
    """
    lines: list[L] = []
    try:
        with file.open("rb") as opened:
            for number, raw in enumerate(opened, start=1):
                if raw.strip():
                    lines.append(_line(raw, kind, check, file, number))
    except OSError as error:
        raise LineInvalid(file=file, line=1, reason=error.strerror or str(error)) from None
    if not lines:
        raise LineInvalid(file=file, line=1, reason="there is nothing in it")
    return lines


def _line(raw: bytes, kind: type[L], check: Check[L], file: Path, number: int) -> L:
    try:
        line = kind.model_validate(json.loads(raw.rstrip().decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        raise LineInvalid(file=file, line=number, reason=f"byte {error.start + 1} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise LineInvalid(file=file, line=number, reason=f"column {error.colno}: {error.msg}") from None
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise LineInvalid(file=file, line=number, reason=f"{place}: {problem['msg']}".removeprefix(": ")) from None
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits; brackets without end
        raise LineInvalid(file=file, line=number, reason=str(error)) from None
    if reason := check(line):
        raise LineInvalid(file=file, line=number, reason=reason)
    return line


class Once:
    """A check that no id comes twice."""

    def __init__(self) -> None:
        self.ids: set[str] = set()

    def __call__(self, line: Text | Query) -> str | None:
        """Why the id cannot be, or None."""
        if line.id in self.ids:
            return f"the id {line.id} was on a line before"
        self.ids.add(line.id)
        return None
