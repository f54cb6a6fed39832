"""The frames that a person's browser is sent (CV.20)."""

import asyncio
from contextlib import suppress

import orjson
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from antiphon.api.channels.chat_log import Waiting
from antiphon.core.names import Facts, Moment
from antiphon.ports import Clock

SEND_SECONDS = 20.0  # for a frame to be taken; whoever does not read is let go


class Gone(Exception):
    """The person is no longer there, or does not read."""


class ChatWire:
    """The way out of one connection. Every frame but a message is dropped in silence when nobody is there."""

    __slots__ = ("_clock", "_opened", "_websocket")

    def __init__(self, websocket: WebSocket, clock: Clock) -> None:
        self._websocket = websocket
        self._clock = clock
        self._opened: Moment = clock.now()

    @property
    def opened(self) -> Moment:
        """When the person came."""
        return self._opened

    async def say(self, name: str, message: Waiting) -> None:
        """Send a message under its id; one from before the connection has waited.

        Raises:
            Gone: it did not arrive.
        """
        at = message.at.isoformat()
        waited = {"queued_at": at} if message.at < self._opened else {}
        await self._send({"type": "message", "message_id": name, "content": message.text, "timestamp": at, **waited})

    async def tell(self, event: str, /, **data: object) -> None:
        """Say what has become of something; data that is None is left out."""
        told = {name: value for name, value in data.items() if value is not None}
        with suppress(Gone):
            await self._send({"type": "system", "event": event, "data": told, "timestamp": self._now()})

    async def refuse(self, reason: str, message_id: str | None = None, *, again: bool = False) -> None:
        """Say that a frame came to nothing; with `again` it may come to something when it is sent again."""
        await self.tell("error", reason=reason, message_id=message_id, again=again)

    async def typing(self, *, is_typing: bool) -> None:
        """Say that a message is being worked, or that it no longer is."""
        with suppress(Gone):
            await self._send({"type": "typing", "is_typing": is_typing, "timestamp": self._now()})

    async def shut(self, code: int, reason: str) -> None:
        """End the connection."""
        with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):  # it may be gone by now
            async with asyncio.timeout(SEND_SECONDS):
                await self._websocket.close(code, reason)

    async def _send(self, frame: Facts) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._websocket.send_text(orjson.dumps(frame).decode())
        except (TimeoutError, WebSocketDisconnect, RuntimeError) as error:
            raise Gone from error

    def _now(self) -> str:
        return self._clock.now().isoformat()
