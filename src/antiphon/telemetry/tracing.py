"""Traces over OTLP/HTTP: a request, the turns of the runs that it brought, their nodes, and calls of models.

Imported only when an endpoint is set. A run belongs to the trace of the request that brought it, whichever process
works it: the run keeps the request's `traceparent`, and its turn is a child of that. A turn that works several
requests at once is a child of the latest and links to the others.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from time import time_ns

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from antiphon.telemetry.instruments import Answered
from antiphon.telemetry.trail import LogTrail, request_id_var

EXPORT_SECONDS = 3.0  # for one try to hand spans over, so also what a stop waits for a collector that is away
SERVICE = "antiphon"  # unless OTEL_SERVICE_NAME says otherwise

_PARENTS = TraceContextTextMapPropagator()
_PLAIN = (str, bool, int, float)


class Tracing:
    """One application's spans, by a provider of its own. The usual OTEL_ variables set sampling and headers."""

    def __init__(self, endpoint: str, *, version: str) -> None:
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)
        self._provider = TracerProvider(resource=_resource(version), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("antiphon", version)

    @contextmanager
    def span(self, name: str, facts: Mapping[str, object]) -> Iterator[Span]:
        """`ports.Span`: a stretch of work within the one at hand."""
        with self._entered(self._tracer.start_span(name, attributes=_attributes(facts))) as span:
            yield span

    @contextmanager
    def request(self, method: str, traceparent: str | None) -> Iterator[Answered]:
        """An HTTP request; its name is known only when its answer is."""
        facts = {"http.request.method": method, "request_id": request_id_var.get()}
        span = self._tracer.start_span(method, _context(traceparent), SpanKind.SERVER, _attributes(facts))
        with self._entered(span):
            yield partial(_answered, span, method)

    @contextmanager
    def turn(self, pack: str, run_id: str, origins: Sequence[Mapping[str, object]]) -> Iterator[None]:
        """A turn, within the trace of the request that brought its run."""
        *others, own = [_traceparent_of(origin) for origin in origins] or [None]
        request_id = origins[-1].get("request_id") if origins else None
        facts = {"run_id": run_id, "request_id": request_id, "antiphon.pack": pack}
        links = [Link(trace.get_current_span(_context(other)).get_span_context()) for other in others if other]
        span = self._tracer.start_span(f"turn {pack}", _context(own), SpanKind.CONSUMER, _attributes(facts), links)
        with self._entered(span):
            yield

    def past(self, name: str, seconds: float, facts: Mapping[str, object], error: str | None = None) -> None:
        """What has just ended, within the work at hand."""
        end = time_ns()
        span = self._tracer.start_span(name, attributes=_attributes(facts), start_time=end - int(seconds * 1e9))
        if error:
            span.set_status(Status(StatusCode.ERROR, error))
        span.end(end)

    @contextmanager
    def _entered(self, span: Span) -> Iterator[Span]:
        """While it is entered, the span is the one at hand. Of an error it tells the class; its text may be private."""
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield span
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    async def close(self) -> None:
        """Hand over what is left; on a thread, since it waits."""
        await asyncio.to_thread(self._provider.shutdown)


class TraceTrail(LogTrail):
    """`ports.Trail` for log lines and traces."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing

    def origin(self) -> Mapping[str, object]:
        """The request id and the span of the request, when one is served."""
        carrier: dict[str, str] = {}
        _PARENTS.inject(carrier)
        return {**super().origin(), **{key: carrier[key] for key in ("traceparent",) if key in carrier}}

    def brought(self, run_id: str) -> None:
        """From here on, the request's log lines and its span name the run."""
        super().brought(run_id)
        trace.get_current_span().set_attribute("run_id", run_id)

    @contextmanager
    def turn(self, pack: str, run_id: str, origins: Sequence[Mapping[str, object]]) -> Iterator[None]:
        """As for log lines, and in a span."""
        with super().turn(pack, run_id, origins), self._tracing.turn(pack, run_id, origins):
            yield


def _answered(span: Span, method: str, route: str, status: int) -> None:
    span.update_name(f"{method} {route}")
    span.set_attributes({"http.route": route, "http.response.status_code": status})
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))


def _resource(version: str) -> Resource:
    """Who sends: as OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have it, else by our own name."""
    resource = Resource.create({SERVICE_VERSION: version})
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: SERVICE}))
    return resource


def _traceparent_of(origin: Mapping[str, object]) -> str | None:
    found = origin.get("traceparent")
    return found if isinstance(found, str) else None


def _context(traceparent: str | None) -> Context:
    """The context of a span that somebody named; one without a span when nobody did, or it cannot be read."""
    return _PARENTS.extract({"traceparent": traceparent} if traceparent else {}, Context())


def _attributes(facts: Mapping[str, object]) -> dict[str, str | bool | int | float]:
    return {name: value for name, value in facts.items() if isinstance(value, _PLAIN)}
