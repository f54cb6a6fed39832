"""Web chat over WebSocket (CV.20): a person's browser, connected for as long as it is open."""

import re
from contextlib import AsyncExitStack
from typing import Protocol, cast

from fastapi import APIRouter, WebSocket

from antiphon.api.access import ID_PATTERN, service_of
from antiphon.api.channels.chat_line import ChatLine
from antiphon.api.channels.chat_wire import ChatWire
from antiphon.api.converse.names import PACK
from antiphon.api.door import door_of
from antiphon.core.chat import Frame, Unusable
from antiphon.core.names import Moment
from antiphon.engine.service import Service
from antiphon.ports import Lines

router = APIRouter(tags=["channels"])

CHANNEL = "chat"
BAD_TOKEN = 4003
POLICY = 1008  # RFC 6455
TRY_LATER = 1013  # registered with IANA

_ID = re.compile(ID_PATTERN)


class Chatting(Protocol):
    """What chat's adapter does for its WebSocket."""

    @property
    def lines(self) -> Lines | None:
        """What processes tell each other about who is connected; None where nobody can be."""
        ...

    def admits(self, token: str | None, contact_id: str, now: Moment) -> bool:
        """Whether whoever brings the token may speak as the contact."""
        ...

    def parse(self, text: str) -> Frame:
        """What a frame of a browser says; never raises."""
        ...


async def chat(websocket: WebSocket) -> None:
    """`/ws/chat/{contact_id}?token=&after=`: the frames of both sides are in the README of `channels/chat`.

    `after` is the id of the last message that the browser has. Closed with 4003 when a token is needed and this is
    none, and with 4001 when the person connects anew elsewhere.
    """
    contact_id, told = websocket.path_params["contact_id"], websocket.query_params
    service = service_of(websocket)
    await websocket.accept()
    chatting = _chatting(service)
    if chatting is None or chatting.lines is None:
        await websocket.close(TRY_LATER, "chat is not served here")
    elif not _ID.fullmatch(contact_id) or ".." in contact_id:
        await websocket.close(POLICY, "the contact's id is none")
    elif not chatting.admits(told.get("token"), contact_id, service.engine.clock.now()):
        await websocket.close(BAD_TOKEN, "missing, wrong or expired token")
    else:
        async with AsyncExitStack() as stack:
            wire = ChatWire(websocket, service.engine.clock)
            line = ChatLine(wire, service, chatting.lines, contact_id, stack, told.get("after", ""))
            stack.push_async_callback(line.close)
            await line.open(door_of(websocket).heartbeat_seconds)
            await _listen(websocket, chatting, line)


# Not FastAPI's own decorator: what it keeps of each connection's parameters is a tenth of what one may have.
router.add_websocket_route("/ws/chat/{contact_id}", chat)


async def _listen(websocket: WebSocket, chatting: Chatting, line: ChatLine) -> None:
    """Take what the browser says, until it is gone."""
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        text = message.get("text")
        await line.take(Unusable(reason="a frame is text") if text is None else chatting.parse(text))


def _chatting(service: Service) -> Chatting | None:
    """The adapter of chat, where the pack is loaded and the channel is on."""
    if PACK not in service.engine.businesses:
        return None
    return cast("Chatting | None", service.engine.channels.get(CHANNEL))
