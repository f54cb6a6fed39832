"""One person's connection: what stands in the conversation goes out, in order, and what comes in goes to the engine.

What is sent is read from the log, whoever said it and wherever that was worked. A word on a topic says when to look.
At rest a connection has no task but the one that reads from it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

from antiphon.api.channels.chat_log import WINDOW, Waiting, spoken, waiting
from antiphon.api.channels.chat_wire import ChatWire, Gone
from antiphon.api.converse.names import PACK
from antiphon.core import chat
from antiphon.core.change import Change
from antiphon.core.errors import AntiphonError, IdempotencyKeyReused, StoreUnavailable, TurnFailed, TurnStillWaiting
from antiphon.core.names import ConversationId
from antiphon.engine.receive import Request
from antiphon.engine.service import Service
from antiphon.ports import Lines

log = logging.getLogger(__name__)

CHANNEL = "chat"
REPLACED = 4001
DEFECT = 1011  # RFC 6455
OPENED = "opened "  # the word at an address, followed by the connection's rank
WAITING = 32  # messages of a person that are not worked yet; more are refused


class ChatLine:
    """A connection. `open` it once, hand it each frame that comes, `close` it at the end."""

    __slots__ = (
        "_after", "_answering", "_beat", "_behind", "_closed", "_contact", "_conversation", "_heartbeat", "_lines",
        "_pushing", "_rank", "_read", "_service", "_stack", "_tasks", "_waiting", "_wire",
    )  # fmt: skip

    def __init__(
        self, wire: ChatWire, service: Service, lines: Lines, contact: str, stack: AsyncExitStack, after: str
    ) -> None:
        """`stack` ends with the connection; `after` is the id of the last message that the browser has."""
        self._wire = wire
        self._service = service
        self._lines = lines
        self._contact = contact  # the person's address on this channel
        self._stack = stack
        self._after = after
        self._rank = f"{int(wire.opened.timestamp() * 1e6):020d}-{uuid4().hex}"  # of two, the newer one is greater
        self._conversation: ConversationId | None = None  # none before the first message
        self._read = 0  # the log has been read up to here
        self._behind = False  # somebody said that there is more
        self._closed = False
        self._pushing: asyncio.Task[None] | None = None
        self._answering: asyncio.Task[None] | None = None
        self._waiting: deque[chat.Said] | None = None
        self._tasks: set[asyncio.Task[None]] | None = None  # a task that nobody holds may be collected
        self._heartbeat = 0.0
        self._beat: asyncio.TimerHandle | None = None

    async def open(self, heartbeat_seconds: float) -> None:
        """Take the place of an older connection, and send what has waited."""
        topic = chat.at_address(self._contact)
        await self._stack.enter_async_context(self._lines.listen(topic, self._hear_at_address))
        self._lines.tell(topic, OPENED + self._rank)
        await self._wire.tell("connected", contact_id=self._contact)
        self._look()
        self._heartbeat = heartbeat_seconds
        self._beat = asyncio.get_running_loop().call_later(heartbeat_seconds, self._be_heard)

    async def take(self, frame: chat.Frame) -> None:
        """Do what a frame asks for. Messages are worked one after the other, and hold nothing else up."""
        match frame:
            case chat.Said():
                await self._queue(frame)
            case chat.Heartbeat():
                await self._wire.tell("pong")
            case chat.Acknowledged(message_id=name):
                await self._acknowledge(name)
            case chat.Present(status=status):
                await self._wire.tell("presence", status=status)
            case chat.Unusable(reason=reason, message_id=name):
                await self._wire.refuse(reason, name)
            case _:
                pass  # that somebody types, or is there, is nobody's news yet

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
        if self._closed:
            return
        self._start(self._wire.tell("heartbeat"))
        self._look()
        self._beat = asyncio.get_running_loop().call_later(self._heartbeat, self._be_heard)

    async def _leave(self) -> None:
        await self._wire.tell("replaced")
        await self._wire.shut(REPLACED, "a newer connection has taken its place")

    # What goes out

    def _look(self) -> None:
        """Have what stands in the log sent, soon. Many words are one look."""
        self._behind = True
        if self._pushing is None and not self._closed:
            self._pushing = asyncio.create_task(self._push())
            self._pushing.add_done_callback(self._ended)

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
        store, conversation = self._service.engine.store, self._conversation or ""
        while events := await store.events(conversation, after=self._read, limit=WINDOW):
            for event in events:
                self._read = event.sequence  # before it is sent: it may be acknowledged at once
                if (text := spoken(event, CHANNEL)) is not None:
                    await self._say(Waiting(sequence=event.sequence, at=event.at, text=text))

    async def _meet(self) -> bool:
        """Find the conversation, if there is one by now, and send what waits in it."""
        store = self._service.engine.store
        record = await store.conversation_at(PACK, CHANNEL, self._contact)
        if record is None:
            return False
        topic = chat.within(record.id)
        await self._stack.enter_async_context(self._lines.listen(topic, self._hear_within))
        self._conversation = record.id
        seen = max(await self._lines.kept(topic), chat.place_of(self._after, record.id))
        start = max(min(seen, record.sequence), record.sequence - WINDOW)
        events = await store.events(record.id, after=start, limit=WINDOW)
        self._read = events[-1].sequence if events else start
        for message in waiting(events, CHANNEL):
            await self._say(message)
        return True

    async def _say(self, message: Waiting) -> None:
        await self._wire.say(chat.message_name(self._conversation or "", message.sequence), message)

    # What comes in

    async def _acknowledge(self, name: str) -> None:
        place = chat.place_of(name, self._conversation or "")
        if self._conversation and 0 < place <= self._read:
            await self._lines.keep(chat.within(self._conversation), place)

    async def _queue(self, said: chat.Said) -> None:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= WAITING:
            await self._wire.refuse("too many messages wait; send it again later", said.message_id, again=True)
            return
        self._waiting.append(said)
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer_all(self._waiting))
            self._answering.add_done_callback(self._ended)

    async def _answer_all(self, messages: deque[chat.Said]) -> None:
        try:
            while messages:
                await self._wire.typing(is_typing=True)
                await self._answer(messages[0])
                await self._wire.typing(is_typing=False)
                messages.popleft()
        finally:
            self._answering = self._waiting = None

    async def _answer(self, said: chat.Said) -> None:
        """Have the message worked, send what is said to it, and then what became of it."""
        try:
            run_id = (await self._service.respond(self._request(said))).run_id
        except (TurnStillWaiting, TurnFailed) as error:
            run_id = error.run_id  # it is kept; what is said to it comes later, or never
        except IdempotencyKeyReused:
            await self._wire.refuse("this message_id was another message", said.message_id)
            return
        except StoreUnavailable:
            await self._wire.refuse("not accepted; send it again", said.message_id, again=True)
            return
        except AntiphonError as error:
            log.warning("a message on chat was not worked to its end: %s", error)
            await self._wire.refuse("not answered; send it again", said.message_id, again=True)
            return
        self._look()
        if self._pushing:
            await asyncio.wait((self._pushing,))
        await self._wire.tell("received", message_id=said.message_id, run_id=run_id)

    def _request(self, said: chat.Said) -> Request:
        return Request(
            pack=PACK,
            change=Change(kind="message", value=said.content, channel=CHANNEL),
            space=CHANNEL,
            address=self._contact,
            idempotency_key=f"chat:{self._contact}:{said.message_id}" if said.message_id else None,
            contact_name=f"Unknown ({self._contact})",
        )

    # Tasks

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A defect of ours is no silence: the browser connects anew, and sends what it was not told of."""
        if not task.cancelled() and (error := task.exception()):
            log.error("a chat broke off", exc_info=error)
            self._closed = True
            self._start(self._wire.shut(DEFECT, "internal error"))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        tasks = self._tasks = self._tasks or set()
        task = asyncio.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
