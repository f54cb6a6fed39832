"""(e) From the start of the process until it accepts requests."""

from pathlib import Path
from statistics import median

from bench.line import Line
from bench.run import Run
from bench.server import antiphon

STARTS = 5  # of each kind; the median counts


def measure(run: Run) -> list[Line]:
    """The first start on an empty folder encodes the pack's examples; later ones find their vectors."""
    starts = 1 if run.quick else STARTS
    folders = [run.empty_folder() for _ in range(starts)]
    first = median(_start(run, folder) for folder in folders)
    later = median(_start(run, folders[0]) for _ in range(starts))
    return [
        Line(key="e.first", label=f"on an empty folder, median of {starts}", value=first, unit="s"),
        Line(key="e.later", label=f"again, median of {starts}", value=later, unit="s", base="e.first"),
    ]


def _start(run: Run, data: Path) -> float:
    with antiphon(run, data) as server:
        return server.ready_seconds
