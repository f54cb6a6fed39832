"""The table for a person and the JSON for comparing."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson
from rich.box import HEAVY_HEAD, MARKDOWN, Box
from rich.console import Console
from rich.table import Table

from bench.line import Line
from bench.parts import PARTS
from bench.targets import verdicts

ANATOMY = "j"  # the part that is a table of its own: its lines are parts, its columns loads


def show(console: Console, lines: Sequence[Line], *, box: Box = HEAVY_HEAD) -> None:
    """Print everything."""
    if plain := [line for line in lines if not line.key.startswith(ANATOMY)]:
        console.print(_table(plain, box))
    for line in lines:
        if line.plan:
            console.print(f"  ({line.key}) {line.label}:", *line.plan, sep="\n      ", highlight=False, markup=False)
    if dissected := [line for line in lines if line.key.startswith(ANATOMY)]:
        console.print(_anatomy(dissected, box))


def write(folder: Path, lines: Sequence[Line], about: dict[str, object]) -> Path:
    """Write everything to a file named by the time; its path."""
    now = datetime.now(UTC)
    by_key = {line.key: line for line in lines}
    report = {
        "at": now.isoformat(timespec="seconds"),
        **about,
        "lines": [{**asdict(line), "ratio": line.ratio(by_key)} for line in lines],
        "targets": [
            {**asdict(verdict.target), "measured": verdict.measured, "met": verdict.met} for verdict in verdicts(lines)
        ],
    }
    path = folder / f"{now:%Y-%m-%dT%H-%M-%SZ}.json"
    path.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    return path


def _table(lines: Sequence[Line], box: Box) -> Table:
    table = Table(title="Antiphon, measured", title_justify="left", box=box, show_edge=box is MARKDOWN)
    table.add_column("", no_wrap=True)
    for name in ("value", "", "p50 ms", "p99 ms", "CPU µs", "ratio"):
        table.add_column(name, justify="left" if not name else "right")
    table.add_column("target")
    by_key = {line.key: line for line in lines}
    targets = _targets(lines)
    part = ""
    for line in lines:
        if line.key[0] != part:
            part = line.key[0]
            if box is not MARKDOWN:  # which has no line between rows
                table.add_section()
            table.add_row(f"[bold]({part}) {PARTS[part][0]}[/bold]")
        ratio = line.ratio(by_key)
        table.add_row(
            f"  {line.label}",
            _number(line.value),
            line.unit,
            _number(line.p50_ms),
            _number(line.p99_ms),
            _number(line.cpu_us),
            f"{_number(ratio)}×" if ratio is not None else "",
            targets.get(line.key, ""),
        )
    return table


def _targets(lines: Sequence[Line]) -> dict[str, str]:
    told: dict[str, list[str]] = {}
    for verdict in verdicts(lines):
        colour, word = ("green", "met") if verdict.met else ("red", "missed")
        told.setdefault(verdict.target.line, []).append(f"[{colour}]{word}[/{colour}] {verdict.target}")
    return {key: ", ".join(texts) for key, texts in told.items()}


def _anatomy(lines: Sequence[Line], box: Box) -> Table:
    table = Table(
        title=f"({ANATOMY}) {PARTS[ANATOMY][0]}: µs and share", title_justify="left", box=box, show_edge=box is MARKDOWN
    )
    table.add_column("", no_wrap=True)
    by_key = {line.key: line for line in lines}
    loads = list(dict.fromkeys(line.key.rpartition(".")[0] for line in lines))
    for load in loads:
        _, messages, connections = load.split(".")
        table.add_column(f"{messages}, {connections} conn.", justify="right")
    for part, label in dict.fromkeys((line.key.rpartition(".")[2], line.label) for line in lines):
        columns = [by_key[f"{load}.{part}"] for load in loads]
        table.add_row(
            f"  {label}", *(f"{line.value:,.0f} {(line.ratio(by_key) or 0) * 100:4.0f} %" for line in columns)
        )
    return table


def _number(value: float | None) -> str:
    """Three digits that count, and whole thousands."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
