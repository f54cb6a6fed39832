"""CORS that costs nothing where no browser asks."""

from fastapi.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send


class Cors(CORSMiddleware):
    """Starlette's middleware, left out for requests without an `Origin` while every origin is allowed.

    With named origins it has to say `Vary: Origin` on every answer; with `*` it has nothing to say.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on at once what CORS has no part in."""
        asks = scope["type"] == "http" and any(name == b"origin" for name, _ in scope["headers"])
        if self.allow_all_origins and not asks:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
