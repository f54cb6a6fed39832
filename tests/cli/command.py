"""Running a command as a shell would, in this process."""

import re
from dataclasses import dataclass

from typer.testing import CliRunner

from antiphon.cli import app
from antiphon.cli.screen import err, out

PLAIN = {"NO_COLOR": "1", "TERM": "dumb"}
WIDTH = 400  # columns, so that no line is broken


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """How a command ended, and what it said, with single spaces."""

    status: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        return self.out.strip().rpartition("\n")[2]


def antiphon(*arguments: object) -> Ran:
    """`antiphon ...`; an exception that no command expected is raised."""
    out.width = err.width = WIDTH  # whatever terminal the tests were started in
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env=PLAIN)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(status=result.exit_code, out=_single(result.stdout), err=_single(result.stderr))


def _single(text: str) -> str:
    return re.sub(r"[^\S\n]+", " ", text)
