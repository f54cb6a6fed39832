"""What a measurement gives: one line of the table."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One figure. Its key begins with the letter of its part, e.g. "b.fresh.16"."""

    key: str
    label: str
    value: float
    unit: str
    p50_ms: float | None = None  # of one request or call
    p99_ms: float | None = None
    cpu_us: float | None = None  # what the server's process used for one request, all its threads
    base: str | None = None  # key of the line that this one is held against
    plan: tuple[str, ...] = ()  # the way that the database takes, step by step

    def ratio(self, lines: dict[str, "Line"]) -> float | None:
        """The value as a multiple of the base's, when that was measured in the same run."""
        base = lines.get(self.base) if self.base else None
        return self.value / base.value if base and base.value else None
