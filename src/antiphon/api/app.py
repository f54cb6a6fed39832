"""The HTTP application: every contract's routes, and the manners that they share."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from antiphon import __version__
from antiphon.api import health
from antiphon.api.autostream import chat, intent, knowledge, leads
from antiphon.api.cors import Cors
from antiphon.api.errors import add_error_handlers
from antiphon.api.request_id import HEADER, RequestId
from antiphon.engine.service import Service

MAX_BODY_BYTES = 1024 * 1024  # a message has 5,000 characters; the rest is room for what others send

Opening = Callable[[], AbstractAsyncContextManager[Service]]  # starts a service and stops it


def create_app(open_service: Opening, *, origins: Sequence[str] = ("*",), disclose: bool = False) -> FastAPI:
    """The application around a service that is opened when it starts and closed when it stops.

    Args:
        origins: where browsers may call from; credentials are allowed only when they are named.
        disclose: whether a 500 shows the exception's text.
    """

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
    )
    for router in (health.router, chat.router, intent.router, knowledge.router, leads.router):
        app.include_router(router)
    app.add_api_route("/", _discovery, methods=["GET"], tags=["health"], summary="What is here")
    add_error_handlers(app, disclose=disclose)
    app.add_middleware(
        Cors,
        allow_origins=list(origins),
        allow_credentials="*" not in origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=[HEADER],
    )
    app.add_middleware(RequestId)
    return app


async def _discovery() -> dict[str, str]:
    """Where to look next."""
    return {"message": "AutoFlow API", "docs": "/docs", "health": "/health"}
