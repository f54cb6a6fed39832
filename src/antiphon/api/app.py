"""The HTTP application: every contract's routes, and the manners that they share."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from antiphon import __version__
from antiphon.api import effects, health
from antiphon.api.autoflow import live, runs, webhook
from antiphon.api.autostream import chat, intent, knowledge, leads
from antiphon.api.channels import chat as web_chat
from antiphon.api.channels import email, voice, whatsapp, widget
from antiphon.api.converse import lists, messages, processes
from antiphon.api.cors import Cors
from antiphon.api.cursor import NEXT
from antiphon.api.door import Door
from antiphon.api.errors import add_error_handlers
from antiphon.api.metrics import add_metrics
from antiphon.api.rates import RATE_HEADERS
from antiphon.api.request_id import HEADER, RequestId
from antiphon.api.traced import FRAMEWORK, TracedHttp
from antiphon.engine.service import Service
from antiphon.telemetry import Instruments

ROUTERS = (  # looked through in this order for each request: what has to be quick stands first
    *(webhook.router, runs.router, chat.router),
    *(intent.router, knowledge.router, leads.router),
    *(health.router, live.router),
    *(messages.router, processes.router, lists.router),
    *(whatsapp.router, email.router, web_chat.router, widget.router, voice.router),
    effects.router,
)
MAX_BODY_BYTES = 1024 * 1024  # a message has 5,000 characters; the rest is room for what others send

Opening = Callable[[], AbstractAsyncContextManager[Service]]  # starts a service and stops it


def create_app(open_service: Opening, door: Door | None = None, watch: Instruments | None = None) -> FastAPI:
    """The application around a service that is opened when it starts and closed when it stops.

    `watch` is what the service is watched with; its numbers are at `/metrics`.
    """
    door, watch = door or Door(), watch or Instruments()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_service() as service:
            app.state.service = service
            yield

    app = FastAPI(
        title="Antiphon",
        version=__version__,
        summary="Business conversations: durable, in order, once, and explainable.",
        lifespan=lifespan,
        max_body_size=MAX_BODY_BYTES,
        telemetry=FRAMEWORK,
    )
    app.state.door = door
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/", _discovery, methods=["GET"], tags=["health"], summary="What is here")
    add_error_handlers(app, disclose=door.disclose)
    app.add_middleware(
        Cors,
        allow_origins=list(door.origins),
        allow_credentials="*" not in door.origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=[HEADER, NEXT, *RATE_HEADERS],
    )
    add_metrics(app, watch.metrics)
    if watch.traces:
        app.add_middleware(TracedHttp, traces=watch.traces)
    app.add_middleware(RequestId)
    return app


async def _discovery() -> dict[str, str]:
    """Where to look next."""
    return {"message": "AutoFlow API", "docs": "/docs", "health": "/health"}
