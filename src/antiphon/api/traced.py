"""Traces at the door: each request is a span, within the trace that its `traceparent` names."""

from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.telemetry import OTHER, Traces

# FastAPI has spans, metrics and logs of its own, on global providers. They tell paths and queries, which may name
# people, and the texts of exceptions; ours do not.
FRAMEWORK = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)


class TracedHttp:
    """ASGI middleware. It stands inside `RequestId`, whose id the span has."""

    def __init__(self, app: ASGIApp, traces: Traces) -> None:
        self.app = app
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, in its span."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500  # what raises is answered with a 500 further out

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        parent = next((value for name, value in scope["headers"] if name == b"traceparent"), b"").decode("latin-1")
        with self._traces.request(scope["method"], parent or None) as answered:
            try:
                await self.app(scope, receive, watched)
            finally:
                answered(getattr(scope.get("route"), "path", None) or OTHER, status)
