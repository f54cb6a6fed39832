"""How a scenario went."""

from dataclasses import dataclass
from typing import Any

from antiphon.loader.scenarios import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """Something that is not as written."""

    line: int  # in the scenario's file
    message: str  # what was expected, and what was


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One test of a pack, and what was wrong with it. A labelled message is a test of its own."""

    name: str
    file: str
    line: int
    held_out: bool
    wrong: tuple[Wrong, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it went as written."""
        return not self.wrong

    def facts(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "name": self.name,
            "file": self.file,
            "line": self.line,
            "held_out": self.held_out,
            "ok": self.ok,
            "wrong": [{"line": one.line, "message": one.message} for one in self.wrong],
        }


def result(scenario: Scenario, wrong: list[Wrong], *, name: str | None = None, line: int | None = None) -> Result:
    """The result of a scenario, or of a part of it that has a name and a line of its own."""
    return Result(
        name=name or scenario.name,
        file=scenario.file,
        line=line or scenario.line,
        held_out=scenario.is_held_out,
        wrong=tuple(wrong),
    )


def not_said(reply: str, says: tuple[str, ...], not_says: tuple[str, ...]) -> list[str]:
    """What a reply should say and does not, and the other way round, whatever the case."""
    said = reply.casefold()
    wrong = [
        f"expected the reply to say {text!r}; it was {short(reply)}" for text in says if text.casefold() not in said
    ]
    return wrong + [
        f"expected the reply not to say {text!r}; it was {short(reply)}" for text in not_says if text.casefold() in said
    ]


def short(text: str, most: int = 160) -> str:
    """A text in one line, cut where it gets long."""
    line = " ".join(text.split())
    return repr(line if len(line) <= most else f"{line[: most - 1]}…")
