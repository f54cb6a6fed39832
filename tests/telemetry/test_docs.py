"""The docs name every metric as it is, and no other."""

import re
from pathlib import Path

from antiphon.telemetry import Metrics

PAGE = Path(__file__).parents[2] / "docs" / "observability.md"
HEAD = "| Metric | Kind | Labels | Meaning |\n|---|---|---|---|\n"


def table() -> str:
    """The rows as they must stand in the page."""
    rows = (
        f"| `{entry.name}` | {entry.kind} | {', '.join(entry.labels)} | {entry.text} |\n"
        for entry in Metrics().catalogue
    )
    return HEAD + "".join(rows)


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    assert table() in PAGE.read_text(), f"docs/observability.md must have this table:\n{table()}"


def test_every_query_and_alert_names_metrics_that_there_are() -> None:
    known = {entry.name for entry in Metrics().catalogue}
    histograms = {entry.name for entry in Metrics().catalogue if entry.kind == "histogram"}
    series = known | {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
    blocks = re.findall(r"```(?:promql|yaml)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    named = {name for block in blocks for name in re.findall(r"\bantiphon_\w+", block)}
    assert len(named) > 10
    assert named <= series


def test_every_metric_has_its_labels_in_the_code() -> None:
    metrics = Metrics()
    metrics.run("p", "completed", "i", 1.0, 0.5)
    (runs,) = [family for family in metrics.registry.collect() if family.name == "antiphon_runs"]
    (entry,) = [entry for entry in metrics.catalogue if entry.name == "antiphon_runs_total"]
    assert set(runs.samples[0].labels) == set(entry.labels)
