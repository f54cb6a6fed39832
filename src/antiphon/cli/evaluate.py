"""`antiphon eval`: figures on data of one's own."""

import json
from pathlib import Path
from typing import Annotated

import typer

from antiphon.cli.running import run
from antiphon.cli.screen import err, fail, out

app = typer.Typer(no_args_is_help=True, help="Measure understanding and retrieval on data of your own.")

AsJson = Annotated[
    bool, typer.Option("--json", help="Print the figures as JSON on the last line; the table goes to stderr.")
]
Kept = Annotated[
    Path | None,
    typer.Option("--data", help="Where vectors are kept for the next time.", show_default="a folder that is removed"),
]


@app.command()
def intents(
    train: Annotated[Path, typer.Option(help='Examples, {"text", "intent"} a line.')],
    test: Annotated[Path, typer.Option(help="Messages of the same form; the intent oos is out of scope.")],
    as_json: AsJson = False,
    plot: Annotated[Path | None, typer.Option(help="Draw the calibration into this PNG.")] = None,
    data: Kept = None,
) -> None:
    """Learn intents from examples and measure how messages are understood."""
    from antiphon.cli.calibration_plot import check_can_draw, draw
    from antiphon.cli.intents_trial import try_intents
    from antiphon.core.errors import AntiphonError

    if plot:
        try:
            check_can_draw()
        except AntiphonError as error:
            fail(str(error))
    trial = run(try_intents(train, test, data))
    found = trial.measures
    if plot:
        try:
            draw(plot, trial.confidences, trial.right, found.calibration_error or 0.0)
        except OSError as error:
            fail(f"{plot} cannot be written: {error.strerror}")
    _print(
        {
            "in_scope_accuracy": found.accuracy,
            "oos_recall": found.out_of_scope_recall,
            "false_rejections": found.false_rejections,
            "calibration_error": found.calibration_error,
            "p50_ms": trial.p50_ms,
        },
        f"{found.lines} messages, {trial.intents} intents learnt from {trial.examples} examples",
        as_json=as_json,
    )


@app.command()
def retrieval(
    passages: Annotated[Path, typer.Option(help='Passages, {"id", "text"} a line.')],
    queries: Annotated[Path, typer.Option(help='Queries, {"id", "text", "relevant": [ids]} a line.')],
    as_json: AsJson = False,
    data: Kept = None,
) -> None:
    """Index passages as the product does and measure what queries find."""
    from antiphon.cli.retrieval_trial import try_retrieval

    trial = run(try_retrieval(passages, queries, data))
    found = trial.measures
    _print(
        {
            "hit@1": found.hit_at_1,
            "mrr": found.mrr,
            "ndcg@10": found.ndcg_at_10,
            "recall@10": found.recall_at_10,
            "p50_ms": trial.p50_ms,
        },
        f"{found.queries} queries over {trial.passages} passages, indexed in {trial.indexing_seconds:.1f} s",
        as_json=as_json,
    )


def _print(figures: dict[str, float | None], caption: str, *, as_json: bool) -> None:
    """A table for people; with `as_json`, one line for programs after it."""
    from rich.table import Table

    table = Table()
    table.add_column("figure")
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name, "–" if value is None else f"{value:.2f}" if name.endswith("_ms") else f"{value:.4f}")
    (err if as_json else out).print(table, caption)
    if as_json:
        rounded = {name: None if value is None else round(value, 6) for name, value in figures.items()}
        typer.echo(json.dumps(rounded))
