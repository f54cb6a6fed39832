"""HTTP/1.1 by hand: one keep-alive connection that sends the next request when the answer is complete.

A client library costs more than the server that it is to measure. This one knows what our servers send: a status
line, a content length, a body. It costs some 20 µs a request.
"""

import asyncio
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TypeAlias, cast

Note: TypeAlias = Callable[[float, float], bool]  # sent when, answered when (seconds): whether to go on

OK = b"HTTP/1.1 200"


class AnswerUnexpected(Exception):
    """The server answered something else than 200; the message shows it."""


class Talker(asyncio.Protocol):
    """Talks until `note` says stop or the requests end. `done` ends with it, or with what went wrong."""

    def __init__(self, requests: Iterator[bytes], note: Note) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._note = note
        self._sent_at = 0.0
        self._answer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._send()

    def data_received(self, data: bytes) -> None:
        """Gather an answer; with its last byte, note it and go on."""
        self._answer = self._answer + data if self._answer else data
        if not _is_complete(self._answer):
            return
        if not self._answer.startswith(OK):
            self._fail(AnswerUnexpected(self._answer.decode(errors="replace")))
            return
        self._answer = b""
        if self._note(self._sent_at, perf_counter()):
            self._send()
        else:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """The server hung up, or we did."""
        self._fail(exc or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self._finish()
            return
        self._sent_at = perf_counter()
        self._transport.write(request)

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        if self._transport:
            self._transport.close()

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
        if self._transport:
            self._transport.close()


def _is_complete(answer: bytes) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    at = answer.find(b"content-length: ", 0, end)
    if at < 0:
        raise AnswerUnexpected(answer.decode(errors="replace"))
    length = int(answer[at + 16 : answer.find(b"\r", at)])
    return len(answer) >= end + 4 + length
