"""Metrics at the door: how long requests take, and `GET /metrics` for Prometheus."""

import asyncio
from time import perf_counter

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon import __version__
from antiphon.api import health
from antiphon.api.access import Served
from antiphon.api.request_id import RequestId
from antiphon.api.traced import FRAMEWORK
from antiphon.core.errors import StoreUnavailable
from antiphon.engine.service import Service
from antiphon.telemetry import OTHER, Metrics, run_id_var

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # a caller may make up any word


def add_metrics(app: FastAPI, metrics: Metrics) -> None:
    """Measure the requests of an application, and show its metrics at `/metrics`."""

    async def scrape(request: Request, service: Served) -> Response:
        """Everything that is counted and timed, in Prometheus' text format or as OpenMetrics."""
        await _look(service, metrics)
        accept = request.headers.get("accept", "")
        body, content_type = await asyncio.to_thread(metrics.exposition, accept)
        return Response(body, headers={"Content-Type": content_type})

    app.add_api_route("/metrics", scrape, methods=["GET"], tags=["health"], summary="Metrics", response_class=Response)
    app.add_middleware(MeasuredHttp, metrics=metrics)


def metrics_app(service: Service, metrics: Metrics) -> FastAPI:
    """The application of a process that takes no requests: `/metrics` and health, nothing else."""
    app = FastAPI(title="Antiphon worker", version=__version__, docs_url=None, redoc_url=None, telemetry=FRAMEWORK)
    app.state.service = service
    app.include_router(health.router)
    add_metrics(app, metrics)
    app.add_middleware(RequestId)
    return app


class MeasuredHttp:
    """ASGI middleware: seconds from a request to the beginning of its answer, by route template.

    It stands inside `RequestId`, which forgets the run of the request before on the same connection.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, and look at the clock."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, answered, status = perf_counter(), 0.0, 500  # what raises is answered with a 500 further out

        async def watched(message: Message) -> None:
            nonlocal answered, status
            if message["type"] == "http.response.start":
                answered, status = perf_counter(), message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            self._note(scope, status, (answered or perf_counter()) - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or OTHER
        method = scope["method"] if scope["method"] in METHODS else OTHER
        self._metrics.request(method, route, status, seconds)
        if status < 300 and run_id_var.get():
            self._metrics.ack(route, seconds)


async def _look(service: Service, metrics: Metrics) -> None:
    """Set what is read only when somebody asks."""
    engine = service.engine
    away = await engine.hot.away() if engine.hot and engine.hot_is_shared else None
    metrics.process(version=__version__, in_flight=service.turns.in_flight, hot_away=away is not None)
    for name, business in engine.businesses.items():
        metrics.pack(name, business.versions)
    try:
        depths = await engine.store.depths()
    except StoreUnavailable:
        metrics.store_away()
        return
    since = depths.waiting_since
    age = (engine.clock.now() - since).total_seconds() if since else 0.0
    metrics.depths(waiting=depths.waiting, oldest_seconds=max(age, 0.0), effects=depths.effects)
