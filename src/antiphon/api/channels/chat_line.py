"""One person's connection: what stands in the conversation goes out, in order, and what comes in goes to the engine.

What is sent is read from the log, whoever said it and wherever that was worked. A word on a topic says when to look.
At rest a connection has no task but the one that reads from it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from typing import Any
from uuid import uuid4

import orjson
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect

from antiphon.api.channels.chat_log import WINDOW, Waiting, spoken, waiting
from antiphon.api.converse.names import PACK
from antiphon.core.change import Change
from antiphon.core.chat import (
    Acknowledged,
    Frame,
    Heartbeat,
    Present,
    Said,
    Unusable,
    at_address,
    message_name,
    place_of,
    within,
)
from antiphon.core.errors import AntiphonError, IdempotencyKeyReused, StoreUnavailable, TurnFailed, TurnStillWaiting
from antiphon.core.names import ConversationId, Facts, Moment
from antiphon.engine.receive import Request
from antiphon.engine.service import Service
from antiphon.ports import Lines

log = logging.getLogger(__name__)

CHANNEL = "chat"
REPLACED = 4001
OPENED = "opened "  # the word at an address, followed by the connection's rank
SEND_SECONDS = 20.0  # for a frame to be taken; whoever does not read is let go
WAITING = 32  # messages of a person that are not worked yet; more are refused


class Gone(Exception):
    """The person is no longer there, or does not read."""


class ChatLine:
    """A connection. `open` it once, hand it each frame that comes, `close` it at the end."""

    __slots__ = (
        "_after",
        "_answering",
        "_beat",
        "_behind",
        "_closed",
        "_contact",
        "_conversation",
        "_heartbeat",
        "_lines",
        "_opened",
        "_pushing",
        "_rank",
        "_read",
        "_service",
        "_stack",
        "_tasks",
        "_waiting",
        "_websocket",
    )  # fmt: skip

    def __init__(
        self, websocket: WebSocket, service: Service, lines: Lines, contact: str, stack: AsyncExitStack, after: str
    ) -> None:
        self._websocket = websocket
        self._service = service
        self._lines = lines
        self._contact = contact  # the person's address on this channel
        self._stack = stack
        self._after = after
        self._opened: Moment = service.engine.clock.now()
        self._rank = f"{int(self._opened.timestamp() * 1e6):020d}-{uuid4().hex}"  # of two, the newer one is greater
        self._conversation: ConversationId | None = None  # none before the first message
        self._read = 0  # the log has been read up to here
        self._behind = False  # somebody said that there is more
        self._closed = False
        self._pushing: asyncio.Task[None] | None = None
        self._answering: asyncio.Task[None] | None = None
        self._waiting: deque[Said] | None = None
        self._tasks: set[asyncio.Task[None]] | None = None  # a task that nobody holds may be collected
        self._heartbeat = 0.0
        self._beat: asyncio.TimerHandle | None = None

    async def open(self, heartbeat_seconds: float) -> None:
        """Take the place of an older connection, and send what has waited."""
        await self._stack.enter_async_context(self._lines.listen(at_address(self._contact), self._hear_at_address))
        self._lines.tell(at_address(self._contact), OPENED + self._rank)
        with suppress(Gone):
            await self._tell("connected", contact_id=self._contact)
        self._look()
        self._heartbeat = heartbeat_seconds
        self._beat = asyncio.get_running_loop().call_later(heartbeat_seconds, self._be_heard)

    async def take(self, frame: Frame) -> None:
        """Do what a frame asks for. Messages are worked one after the other, and hold nothing else up."""
        try:
            match frame:
                case Said():
                    await self._queue(frame)
                case Heartbeat():
                    await self._tell("pong")
                case Acknowledged(message_id=name):
                    await self._acknowledge(name)
                case Present(status=status):
                    await self._tell("presence", status=status)
                case Unusable(reason=reason, message_id=name):
                    await self.refuse(reason, name)
                case _:
                    pass  # that somebody types, or is there, is nobody's news yet
        except Gone:
            self._closed = True

    async def refuse(self, reason: str, message_id: str | None = None) -> None:
        """Say that a frame came to nothing."""
        with suppress(Gone):
            await self._tell("error", reason=reason, **({"message_id": message_id} if message_id else {}))

    async def close(self) -> None:
        """Send nothing more. A message that was taken is worked to its end."""
        self._closed = True
        if self._beat:
            self._beat.cancel()
        if self._pushing:
            self._pushing.cancel()
        if self._answering:
            await asyncio.wait((self._answering,))

    # Heard

    def _hear_at_address(self, word: str) -> None:
        if not word.startswith(OPENED):
            self._look()
        elif word.removeprefix(OPENED) > self._rank and not self._closed:
            self._closed = True
            self._start(self._leave())

    def _hear_within(self, word: str) -> None:  # noqa: ARG002 - whatever it is, the log says more
        self._look()

    def _be_heard(self) -> None:
        """A sign of life; and a look, since words may have been lost."""
        self._start(self._show_life())
        self._look()
        self._beat = asyncio.get_running_loop().call_later(self._heartbeat, self._be_heard)

    async def _show_life(self) -> None:
        with suppress(Gone):
            await self._tell("heartbeat")

    async def _leave(self) -> None:
        with suppress(Gone, RuntimeError, WebSocketDisconnect, TimeoutError):  # it may be gone by now
            await self._tell("replaced")
            async with asyncio.timeout(SEND_SECONDS):
                await self._websocket.close(REPLACED, "a newer connection has taken its place")

    # What goes out

    def _look(self) -> None:
        """Have what stands in the log sent, soon. Many words are one look."""
        self._behind = True
        if self._pushing is None and not self._closed:
            self._pushing = asyncio.create_task(self._push())

    async def _push(self) -> None:
        try:
            while self._behind and not self._closed:
                self._behind = False
                await self._catch_up()
        except Gone:
            self._closed = True
        except AntiphonError as error:
            log.warning("what was said is sent later, at the next sign of life: %s", error)
        finally:
            self._pushing = None

    async def _catch_up(self) -> None:
        """Send what was said since the last look."""
        if self._conversation is None and not await self._meet():
            return
        conversation = self._conversation or ""
        while events := await self._service.engine.store.events(conversation, after=self._read, limit=WINDOW):
            for event in events:
                self._read = event.sequence
                if (text := spoken(event, CHANNEL)) is not None:
                    await self._say(Waiting(sequence=event.sequence, at=event.at, text=text))

    async def _meet(self) -> bool:
        """Find the conversation, if there is one by now, and send what waits in it."""
        store = self._service.engine.store
        record = await store.conversation_at(PACK, CHANNEL, self._contact)
        if record is None:
            return False
        self._conversation = record.id
        topic = within(record.id)
        await self._stack.enter_async_context(self._lines.listen(topic, self._hear_within))
        seen = max(await self._lines.kept(topic), place_of(self._after, record.id))
        events = await store.events(record.id, after=max(seen, record.sequence - WINDOW), limit=WINDOW)
        self._read = events[-1].sequence if events else max(0, min(seen, record.sequence))
        for message in waiting(events, CHANNEL):
            await self._say(message)
        return True

    async def _say(self, message: Waiting) -> None:
        frame: dict[str, Any] = {
            "type": "message",
            "message_id": message_name(self._conversation or "", message.sequence),
            "content": message.text,
            "timestamp": message.at.isoformat(),
        }
        if message.at < self._opened:
            frame["queued_at"] = message.at.isoformat()
        await self._send(frame)

    async def _tell(self, event: str, **data: object) -> None:
        await self._send({"type": "system", "event": event, "data": data, "timestamp": self._now()})

    async def _send(self, frame: Facts) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._websocket.send_text(orjson.dumps(frame).decode())
        except (TimeoutError, WebSocketDisconnect, RuntimeError) as error:
            raise Gone from error

    # What comes in

    async def _acknowledge(self, name: str) -> None:
        place = place_of(name, self._conversation or "")
        if self._conversation and 0 < place <= self._read:
            await self._lines.keep(within(self._conversation), place)

    async def _queue(self, said: Said) -> None:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= WAITING:
            await self.refuse("too many messages wait; send it again later", said.message_id)
            return
        self._waiting.append(said)
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer_all(self._waiting))

    async def _answer_all(self, messages: deque[Said]) -> None:
        try:
            while messages:
                said = messages[0]
                await self._typing(is_typing=True)
                event, data = await self._answered(said)
                self._look()
                if self._pushing:
                    await asyncio.wait((self._pushing,))
                with suppress(Gone):
                    await self._tell(event, **data, **({"message_id": said.message_id} if said.message_id else {}))
                await self._typing(is_typing=False)
                messages.popleft()
        finally:
            self._answering = self._waiting = None

    async def _typing(self, *, is_typing: bool) -> None:
        with suppress(Gone):
            await self._send({"type": "typing", "is_typing": is_typing, "timestamp": self._now()})

    async def _answered(self, said: Said) -> tuple[str, dict[str, object]]:
        """Have the message worked; what became of it. The reply, if there is one, stands in the log."""
        try:
            response = await self._service.respond(self._request(said))
        except (TurnStillWaiting, TurnFailed) as error:
            return "received", {"run_id": error.run_id}  # it is kept; what is said to it comes later, or never
        except IdempotencyKeyReused:
            return "error", {"reason": "this message_id was another message"}
        except StoreUnavailable:
            return "error", {"reason": "not accepted; send it again"}
        return "received", {"run_id": response.run_id}

    def _request(self, said: Said) -> Request:
        return Request(
            pack=PACK,
            change=Change(kind="message", value=said.content, channel=CHANNEL),
            space=CHANNEL,
            address=self._contact,
            idempotency_key=f"chat:{self._contact}:{said.message_id}" if said.message_id else None,
            contact_name=f"Unknown ({self._contact})",
        )

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        tasks = self._tasks = self._tasks or set()
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def _now(self) -> str:
        return self._service.engine.clock.now().isoformat()
