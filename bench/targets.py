"""The targets, on two cores. Missing one is said in the table and in the JSON, and ends nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from bench.line import Line


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What one aspect of a line should be."""

    line: str
    aspect: Literal["value", "ratio", "p50_ms", "p99_ms"] = "value"
    bound: Literal["≥", "≤"]
    limit: float
    unit: str

    def __str__(self) -> str:
        aspect = {"value": "", "ratio": "", "p50_ms": "p50 ", "p99_ms": "p99 "}[self.aspect]
        return f"{aspect}{self.bound} {self.limit:g} {self.unit}"


def acknowledged(store: str, ratio: float) -> tuple[Target, ...]:
    """What is wanted of inquiries at the door, on one of the stores."""
    line = f"m.{store}.door.16"
    return (
        Target(line=line, aspect="p50_ms", bound="≤", limit=5, unit="ms"),
        Target(line=line, aspect="p99_ms", bound="≤", limit=30, unit="ms"),
        Target(line=line, aspect="ratio", bound="≥", limit=ratio, unit="× (l)"),
    )


LISTS = (
    *(f"conversations.{one}" for one in ("newest", "deep", "status", "channel")),
    *(f"bindings.{one}" for one in ("newest", "state", "process", "open", "contact", "entity")),
    *(f"follow_ups.{one}" for one in ("newest", "failed", "contact")),
    *(f"contacts.{one}" for one in ("newest", "deep")),
)

TARGETS = (
    Target(line="b.fresh.16", bound="≥", limit=400, unit="/s"),
    Target(line="b.fresh.16", aspect="p99_ms", bound="≤", limit=60, unit="ms"),
    Target(line="b.met.16", bound="≥", limit=1000, unit="/s"),
    Target(line="b.met.16", aspect="p99_ms", bound="≤", limit=60, unit="ms"),
    Target(line="c.16", aspect="ratio", bound="≥", limit=0.45, unit="× (a)"),
    Target(line="e.first", bound="≤", limit=2.5, unit="s"),
    Target(line="e.later", bound="≤", limit=2.5, unit="s"),
    Target(line="f.rest", bound="≤", limit=250, unit="MiB"),
    # Constant, but for the noise of a median and the half-filled pages of a small file.
    Target(line="g.time.1000", aspect="ratio", bound="≤", limit=1.25, unit="× turn 10"),
    Target(line="g.bytes.1000", aspect="ratio", bound="≤", limit=1.25, unit="× turn 10"),
    Target(line="g.bytes.1000", bound="≤", limit=6144, unit="bytes"),
    Target(line="h.straight", bound="≤", limit=10, unit="µs"),
    Target(line="k.decide", bound="≥", limit=50_000, unit="/s"),
    Target(line="s.first", bound="≤", limit=1, unit="s"),
    *acknowledged("sqlite", 0.45),
    *acknowledged("postgres", 0.30),
    Target(line="w.door.16", aspect="p99_ms", bound="≤", limit=25, unit="ms"),
    Target(line="n.sqlite", aspect="ratio", bound="≥", limit=0.5, unit="× (l)"),
    Target(line="n.postgres", aspect="ratio", bound="≥", limit=0.5, unit="× (l)"),
    Target(line="o.met", bound="≥", limit=350, unit="/s"),
    Target(line="p.saw", bound="≥", limit=1, unit="of them"),
    *(Target(line=f"q.{one}", aspect="p50_ms", bound="≤", limit=50, unit="ms") for one in LISTS),
    Target(line="r.rest", bound="≤", limit=1000, unit="µs"),
    Target(line="r.due", bound="≥", limit=2000, unit="/s"),
    Target(line="p.memory", bound="≤", limit=40, unit="KiB"),
    Target(line="u.memory", bound="≤", limit=40, unit="KiB"),
    Target(line="u.echoed", bound="≥", limit=3_000, unit="/s"),
    Target(line="v.raw", aspect="p50_ms", bound="≤", limit=3, unit="ms"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """A target, and what was measured."""

    target: Target
    measured: float

    @property
    def met(self) -> bool:
        """Whether the measured value keeps to the limit."""
        return self.measured >= self.target.limit if self.target.bound == "≥" else self.measured <= self.target.limit


def verdicts(lines: Iterable[Line]) -> Iterator[Verdict]:
    """A verdict on each target whose line was measured."""
    by_key = {line.key: line for line in lines}
    for target in TARGETS:
        line = by_key.get(target.line)
        measured = _aspect(line, target, by_key) if line else None
        if measured is not None:
            yield Verdict(target=target, measured=measured)


def _aspect(line: Line, target: Target, by_key: dict[str, Line]) -> float | None:
    match target.aspect:
        case "value":
            return line.value
        case "ratio":
            return line.ratio(by_key)
        case "p50_ms":
            return line.p50_ms
        case "p99_ms":
            return line.p99_ms
