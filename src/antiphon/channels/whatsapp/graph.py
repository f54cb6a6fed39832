"""The Graph API over HTTP, within limits of time and size. Redirects are not followed: the token would go along."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from antiphon.channels.whatsapp.settings import WhatsAppSettings

CONNECTIONS = 20  # at once; at 80 messages a second and a fifth of a second each, sixteen are in use
ANSWER_BYTES = 64 * 1024  # of an answer in JSON


class Graph:
    """Calls as the business whose token it is."""

    def __init__(self, client: httpx.AsyncClient, settings: WhatsAppSettings) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {settings.access_token}", "Accept-Encoding": "identity"}
        self._seconds = settings.timeout_seconds
        self.root = settings.root

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Status and JSON value of an answer; None for one that is no JSON, or too long.

        Raises:
            TimeoutError, httpx.HTTPError: no whole answer.
        """
        async with asyncio.timeout(self._seconds), self.opened(method, f"{self.root}/{path}", body) as response:
            read = bytearray()
            async for piece in response.aiter_raw():
                read += piece
                if len(read) > ANSWER_BYTES:
                    return response.status_code, None
        return response.status_code, _json(bytes(read))

    @asynccontextmanager
    async def opened(self, method: str, url: str, body: dict[str, Any] | None = None) -> AsyncIterator[httpx.Response]:
        """An answer whose body is still to be read."""
        headers = {**self._headers, **({"Content-Type": "application/json"} if body is not None else {})}
        content = orjson.dumps(body) if body is not None else None
        async with self._client.stream(method, url, headers=headers, content=content) as response:
            yield response


@asynccontextmanager
async def open_graph(settings: WhatsAppSettings) -> AsyncIterator[Graph]:
    """The Graph API, until the end of the block."""
    limits = httpx.Limits(max_connections=CONNECTIONS)
    timeout = httpx.Timeout(settings.timeout_seconds)
    async with httpx.AsyncClient(timeout=timeout, limits=limits, follow_redirects=False) as client:
        yield Graph(client, settings)


def _json(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
