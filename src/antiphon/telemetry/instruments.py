"""What one application is watched with."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from antiphon.telemetry.metrics import Metrics
from antiphon.telemetry.trail import LogTrail

Answered: TypeAlias = Callable[[str, int], None]  # the route's template, the status


class Traces(Protocol):
    """Spans that go to somebody. What makes them is an extra, and slow to import."""

    def span(self, name: str, facts: Mapping[str, object]) -> AbstractContextManager[object]:
        """A stretch of work within the one at hand."""
        ...

    def request(self, method: str, traceparent: str | None) -> AbstractContextManager[Answered]:
        """An HTTP request, whose answer is told before it ends."""
        ...

    def past(self, name: str, seconds: float, facts: Mapping[str, object], error: str | None = None) -> None:
        """What has just ended, within the work at hand; `error` is its class."""
        ...

    async def close(self) -> None:
        """Hand over what was not handed over yet."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Instruments:
    """Metrics always, traces where an endpoint is set."""

    metrics: Metrics = field(default_factory=Metrics)
    trail: LogTrail = field(default_factory=LogTrail)
    traces: Traces | None = None

    async def close(self) -> None:
        """Hand over what was not handed over yet."""
        if self.traces:
            await self.traces.close()


def instruments(endpoint: str | None, *, version: str) -> Instruments:
    """The instruments of an application; traces go to `endpoint`, the root of an OTLP/HTTP receiver.

    Raises:
        ImportError: there is an endpoint, and the extra `otel` is not installed.
    """
    if not endpoint:
        return Instruments()
    from antiphon.telemetry.tracing import TraceTrail, Tracing  # noqa: PLC0415 - an extra

    tracing = Tracing(endpoint, version=version)
    return Instruments(traces=tracing, trail=TraceTrail(tracing))
