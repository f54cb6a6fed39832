"""Measure speed and memory: `python -m bench`. What the lines mean stands in docs/benchmarks.md."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from bench.line import Line
from bench.machine import machine
from bench.parts import PARTS
from bench.report import show, write
from bench.run import Run

RESULTS = Path(__file__).parent / "results"
SECONDS = 5.0  # of one measurement; the run then takes some seven minutes
QUICK_SECONDS = 0.2
FILE_COLUMNS = 150


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Only see that everything works.")] = False,
    only: Annotated[str, typer.Option(help="Parts to measure, e.g. a,b.", show_default="all")] = ",".join(PARTS),
    seconds: Annotated[float | None, typer.Option(help="Of each measurement.", show_default=str(SECONDS))] = None,
    folder: Annotated[
        Path, typer.Option("--dir", help="On the disk to measure; data is put there and removed.")
    ] = RESULTS,
    packs: Annotated[Path | None, typer.Option(help="Folder of packs.", show_default="shipped")] = None,
    conversations: Annotated[int, typer.Option(help="In the store whose lists are measured.")] = 100_000,
) -> None:
    """Measure, print a table, and keep the figures as JSON."""
    chosen = [part.strip() for part in only.split(",")]
    if strange := [part for part in chosen if part not in PARTS]:
        raise typer.BadParameter(f"no part is called {', '.join(strange)}; there are {', '.join(PARTS)}")
    RESULTS.mkdir(exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    console, about, lines = _console(), machine(), list[Line]()
    with TemporaryDirectory(prefix="data-", dir=folder) as data:
        run = Run(
            folder=Path(data).resolve(),
            seconds=seconds or (QUICK_SECONDS if quick else SECONDS),
            quick=quick,
            packs=packs.resolve() if packs else None,
            conversations=conversations,
        )
        for part in sorted(chosen):
            title, measure = PARTS[part]
            with console.status(f"({part}) {title}"):
                lines += measure(run)
    show(console, lines)
    options: dict[str, object] = {"quick": quick, "seconds": run.seconds}
    path = write(RESULTS, lines, {"machine": about, "options": options})
    console.print(f"\nKept in {path}", soft_wrap=True)


def _console() -> Console:
    """As wide as the terminal; a file or a pipe has no width, and takes the whole table."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=FILE_COLUMNS)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
