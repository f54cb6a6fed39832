"""A browser of web chat, as far as its WebSocket goes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.server import Server

Json: TypeAlias = dict[str, Any]

SECONDS = 20.0  # for a frame on a busy machine


class Browser:
    """One connection; frames that came are kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[Json] = []

    async def tell(self, kind: str, **frame: Any) -> None:
        """Send a frame."""
        await self.socket.send(json.dumps({"type": kind, **frame}))

    async def until(self, wanted: Callable[[Json], bool]) -> Json:
        """The next frame that is wanted; the others are passed over, and kept."""
        async with asyncio.timeout(SECONDS):
            while True:
                frame: Json = json.loads(await self.socket.recv())
                self.seen.append(frame)
                if wanted(frame):
                    return frame

    async def event(self, name: str) -> Json:
        """The next system frame of a kind."""
        return await self.until(lambda frame: frame["type"] == "system" and frame["event"] == name)

    async def message(self) -> Json:
        """The next message."""
        return await self.until(lambda frame: frame["type"] == "message")

    async def quiet(self) -> list[Json]:
        """The messages that came before an answer to what is asked now: nothing else was under way."""
        before = len(self.seen)
        await self.tell("heartbeat")
        await self.event("pong")
        return [frame for frame in self.seen[before:] if frame["type"] == "message"]

    async def closed(self) -> int | None:
        """The code with which the server closes."""
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    self.seen.append(json.loads(await self.socket.recv()))
        except ConnectionClosed:
            return self.socket.close_code


@asynccontextmanager
async def browsing(server: Server, contact: str, **query: str) -> AsyncIterator[Browser]:
    """A connection of a contact, greeted."""
    async with connected(server, contact, **query) as browser:
        await browser.event("connected")
        yield browser


@asynccontextmanager
async def connected(server: Server, contact: str, **query: str) -> AsyncIterator[Browser]:
    """A connection, whatever the server says to it."""
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    async with connect(f"ws://127.0.0.1:{server.port}/ws/chat/{contact}?{asked}") as socket:
        yield Browser(socket)
