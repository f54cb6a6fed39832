"""Watching a run over WebSocket (AF.6, AF.12, AF.26): where it stands, each step as it ends, and its end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, HTTPException, Query, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from antiphon.api.access import Served
from antiphon.api.autoflow.names import PACK
from antiphon.api.autoflow.run_status import is_shown, live_step
from antiphon.api.autoflow.runs import current_status, stored_status
from antiphon.api.door import door_of
from antiphon.api.keys import holds
from antiphon.core.errors import AntiphonError
from antiphon.core.names import Facts, RunId
from antiphon.engine.service import Service
from antiphon.ports import Frame

log = logging.getLogger(__name__)
router = APIRouter(tags=["autoflow"])

REFUSED = 1008  # RFC 6455: the message, here the greeting, violates a policy
SEND_SECONDS = 20.0  # for a frame to be taken; a watcher that does not read is let go


class _Gone(Exception):
    """The watcher is no longer there, or does not read."""


@router.websocket("/api/v1/ws/{run_id}")
async def watch_run(
    websocket: WebSocket, run_id: str, service: Served, token: Annotated[str | None, Query()] = None
) -> None:
    """Frames: snapshot, step, heartbeat, and completed or error, after which it closes. Nothing is read."""
    await websocket.accept()
    if not holds(token, door_of(websocket).webhook_keys):
        await websocket.close(REFUSED, "missing or invalid token")
        return
    watcher = _Watcher(websocket, service, run_id)
    showing = asyncio.create_task(watcher.show())
    leaving = asyncio.create_task(_until_gone(websocket))
    try:
        await asyncio.wait((showing, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (showing, leaving):
            task.cancel()
        ended = await asyncio.gather(showing, leaving, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception) and not isinstance(error, _Gone | WebSocketDisconnect):
            log.error("watching a run broke off", exc_info=error, extra={"run_id": run_id})
    if websocket.application_state is WebSocketState.CONNECTED:
        with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):  # it may be gone by now
            async with asyncio.timeout(SEND_SECONDS):
                await websocket.close()


async def _until_gone(websocket: WebSocket) -> None:
    """Wait for the watcher to leave; what it says is not listened to."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


class _Watcher:
    """One person's view of one run."""

    def __init__(self, websocket: WebSocket, service: Service, run_id: RunId) -> None:
        self._websocket = websocket
        self._service = service
        self._run_id = run_id
        self._door = door_of(websocket)

    async def show(self) -> None:
        """Until the run has ended."""
        if (hot := self._service.engine.hot) is None:
            await self._follow(_Silence())
            return
        async with hot.watch(PACK, self._run_id) as news:  # first, so that nothing falls between
            await self._follow(news)

    async def _follow(self, news: AsyncIterator[Frame]) -> None:
        state = await self._state(stored=False)
        if state:
            await self._send({"type": "snapshot", "state": state})
        while not await self._told_end(state):
            state = None
            try:
                async with asyncio.timeout(self._door.heartbeat_seconds):
                    frame = await anext(news)
            except TimeoutError:
                await self._send({"type": "heartbeat", "timestamp": self._now()})
                state = await self._state(stored=True)  # news may have been lost
                continue
            if frame["type"] == "step":
                await self._send_step(frame)
            elif frame["type"] == "snapshot":
                state = await self._state(stored=False)

    async def _send_step(self, frame: Frame) -> None:
        step: Any = frame["step"]
        if is_shown(step):
            told = {"type": "step", "run_id": self._run_id, "request_id": step.get("request_id")}
            await self._send({**told, **live_step(step)})

    async def _told_end(self, state: Facts | None) -> bool:
        """Whether the run has ended, and the watcher was told so."""
        if state is None or state["status"] == "running":
            return False
        if state["status"] == "error":
            await self._send({"type": "error", "error": await self._error(), "state": state})
        else:
            await self._send({"type": "completed", "state": state})
        return True

    async def _error(self) -> str:
        """Why the run failed; beyond development only that it did."""
        run = await self._service.engine.store.run(self._run_id) if self._door.disclose else None
        return (run.outcome.reason if run and run.outcome else None) or "The inquiry could not be worked through."

    async def _state(self, *, stored: bool) -> Facts | None:
        """The RunStatus, or None while nobody knows the run or the store is away."""
        read = stored_status if stored else current_status
        try:
            return await read(self._service, self._run_id)
        except (HTTPException, AntiphonError):
            return None

    async def _send(self, frame: Facts) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._websocket.send_text(orjson.dumps(frame).decode())
        except (TimeoutError, WebSocketDisconnect, RuntimeError) as error:
            raise _Gone from error

    def _now(self) -> str:
        return self._service.engine.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Silence:
    """No news, for ever."""

    def __aiter__(self) -> "_Silence":
        return self

    async def __anext__(self) -> Frame:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")
