"""Serving HTTP: uvicorn, with our logs, and a stop that finishes what was begun."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

T = TypeVar("T")

SWITCH_SECONDS = 0.0005  # how long a thread keeps the interpreter; the store's threads need it often, and briefly
WS_MESSAGE_BYTES = 64 * 1024  # what a browser may send in one message
HEAD_BYTES = 64 * 1024  # of a request's head beyond its first piece; browsers send a few KiB
STOP_SECONDS = 30  # for requests in flight when SIGTERM comes


class _Server(uvicorn.Server):
    """A server for which being asked to stop is no failure: uvicorn's own ends by the signal that it was sent."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _BoundedHead(HttpToolsProtocol):
    """uvicorn's protocol, which would gather a request's head of any size."""

    _in_head = False
    _gathered = 0  # bytes of a head that came in after its first piece

    def data_received(self, data: bytes) -> None:
        was_in_head = self._in_head
        super().data_received(data)
        self._gathered = self._gathered + len(data) if was_in_head and self._in_head else 0
        if self._gathered > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()


def serve(app: Any, host: str, port: int) -> bool:
    """Serve an ASGI application until SIGTERM or SIGINT; whether it started."""
    return run(listen(app, host, port))


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine on uvicorn's own choice of loop: uvloop where there is one."""
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        return runner.run(work)


async def stopped() -> None:
    """Return when SIGTERM or SIGINT comes: what a process without HTTP waits for."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    await asked.wait()


def settle_down() -> None:
    """Set the interpreter up for a process that has started and will stay."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()  # what was made at the start stays for good: it need not be looked through again and again


def _without_connections(record: logging.LogRecord) -> bool:
    """uvicorn tells of each WebSocket with its whole address, and a token may stand in that."""
    return "WebSocket" not in str(record.msg) and not str(record.msg).startswith("connection ")


async def listen(app: Any, host: str, port: int) -> bool:
    """As `serve`, on the loop that runs."""
    settle_down()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,  # ours
        access_log=False,
        server_header=False,
        http=_BoundedHead,
        ws_max_size=WS_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # frames are small, and it costs each connection more than it has else
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    logging.getLogger("uvicorn.error").addFilter(_without_connections)
    server = _Server(config)
    await server.serve()
    return server.started
