"""The table of a run that was kept, as Markdown for docs/benchmarks.md: `python -m bench.markdown RESULT.json`."""

from dataclasses import fields
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.box import MARKDOWN
from rich.console import Console

from bench.line import Line
from bench.report import show

COLUMNS = 200  # no line of the table is longer


def main(result: Annotated[Path, typer.Argument(help="A file of bench/results.")]) -> None:
    """Print it."""
    names = {field.name for field in fields(Line)}
    kept = orjson.loads(result.read_bytes())["lines"]
    lines = [Line(**{name: value for name, value in line.items() if name in names}) for line in kept]
    show(Console(width=COLUMNS, color_system=None, highlight=False), lines, box=MARKDOWN)


if __name__ == "__main__":
    typer.run(main)
