"""The picture of a calibration: how often messages were understood, against how sure the classifier was."""

from collections.abc import Sequence
from pathlib import Path

from antiphon.core.errors import ExtraMissing
from antiphon.language.measure import bins_of


def check_can_draw() -> None:
    """Nothing, when pictures can be drawn.

    Raises:
        ExtraMissing: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl  # noqa: F401  # asked for before minutes are spent on what it should show
    except ImportError:
        raise ExtraMissing(what="--plot", extra="plots") from None


def draw(file: Path, confidences: Sequence[float], right: Sequence[bool], error: float) -> None:
    """Write a PNG. `error` is the calibration error that it is headed with.

    Raises:
        OSError: the file cannot be written.
    """
    from matplotlib.figure import Figure  # without pyplot: no display is looked for, and nothing is global

    drawers = [drawer for drawer in bins_of(confidences, right) if drawer]
    sure = [sum(claimed for claimed, _ in drawer) / len(drawer) for drawer in drawers]
    correct = [sum(fact for _, fact in drawer) / len(drawer) for drawer in drawers]
    figure = Figure(figsize=(6, 6), layout="constrained")
    curve, histogram = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    curve.plot([0, 1], [0, 1], linestyle=":", color="grey", label="as sure as right")
    curve.plot(sure, correct, marker="o", label="measured")
    curve.set(title=f"Calibration error {error:.3f}", ylabel="share understood rightly", xlim=(0, 1), ylim=(0, 1))
    curve.legend(loc="upper left")
    histogram.bar(sure, [len(drawer) for drawer in drawers], width=0.05)
    histogram.set(xlabel="confidence", ylabel="messages")
    figure.savefig(file, format="png", dpi=120)
