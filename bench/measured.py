"""A load on a server, as a line."""

from bench.line import Line
from bench.load import drive
from bench.requests import Load
from bench.server import Server


def measured(server: Server, load: Load, *, key: str, label: str, base: str | None = None) -> Line:
    """The rate of answers, their latency, and what the server's process used for one."""
    before = server.cpu_seconds()
    answered = drive(load)
    cpu_us = (server.cpu_seconds() - before) / answered.sent * 1e6
    return Line(
        key=key,
        label=label,
        value=answered.rate,
        unit="/s",
        p50_ms=answered.p50_ms,
        p99_ms=answered.p99_ms,
        cpu_us=cpu_us,
        base=base,
    )
