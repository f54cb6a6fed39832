"""A receiver of webhooks: a real HTTP server that writes down what it is sent, and answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """How a request is answered."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hang: bool = False  # answer when the receiver is stopped
    cut: bool = False  # close the connection instead


class Receiver:
    """Answers with `answers` in turn, then with 200."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.answers: Queue[Answer] = Queue()
        self.always: Answer | None = None
        self.received: list[Received] = []
        self.stopped = threading.Event()
        self._arrived = threading.Condition()

    def note(self, received: Received) -> Answer:
        """Write a request down, and say how it is answered."""
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
        try:
            return self.always or self.answers.get_nowait()
        except Empty:
            return Answer()

    def wait_for(self, count: int, seconds: float = 30) -> list[Received]:
        """The first requests, when so many have come."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self.received) >= count, seconds)
            assert came, f"{len(self.received)} of {count} came in {seconds} s"
            return self.received[:count]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver at work."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.receiver = receiver = Receiver(server)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stopped.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.receiver.note(Received(path=self.path, headers=headers, body=body))
        if answer.hang:
            self.receiver.stopped.wait()
        if answer.cut or answer.hang:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the test knows."""
