"""`X-Request-ID`: taken from the caller or made, on every answer and every log line."""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.chance import new_id
from antiphon.telemetry import name_error, request_id_var, run_id_var

HEADER = "X-Request-ID"
_RAW = HEADER.lower().encode()  # as ASGI has it; this runs for every request, so it stays with bytes
NAMED = ("http.response.start", "websocket.accept")
_USABLE = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")  # what may stand in a log line as it is


class RequestId:
    """ASGI middleware. An id that could not stand in a log line is replaced by one of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, then let it through."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == _RAW), b"").decode("latin-1")
        request_id = given if _USABLE.fullmatch(given) else new_id()
        header = (_RAW, request_id.encode())
        token, run_token = request_id_var.set(request_id), run_id_var.set(None)  # of the one before on this connection
        scope.setdefault("state", {})["request_id"] = request_id

        async def named(message: Message) -> None:
            if message["type"] in NAMED:
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            await self.app(scope, receive, named)
        except Exception as error:
            name_error(error)
            raise
        finally:
            request_id_var.reset(token)
            run_id_var.reset(run_token)
