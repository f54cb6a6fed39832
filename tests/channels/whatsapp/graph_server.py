"""The Graph API over real HTTP: it takes messages, hands out files, and refuses as it is told, with Meta's shapes."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "graph-token"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """An answer in place of the right one."""

    status: int = 400
    body: bytes = b""
    cut: bool = False  # take it, and close the connection without an answer
    hang: bool = False  # take it, and answer when the server is stopped


@dataclass(kw_only=True, slots=True)
class Meta:
    """The server's state, and what it has seen."""

    url: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)  # bodies of messages, accepted or not
    paths: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)  # the next answers; good ones afterwards
    files: dict[str, bytes] = field(default_factory=dict)  # by media id
    about: dict[str, dict[str, Any]] = field(default_factory=dict)  # what differs in what is said of a file
    stopped: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def refuse(self, code: int, status: int = 400, **more: Any) -> None:
        """Answer the next one so."""
        error = {
            "message": f"(#{code}) of 16505551234",
            "type": "OAuthException",
            "code": code,
            "fbtrace_id": "A",
            **more,
        }
        self.troubles.append(Trouble(status=status, body=json.dumps({"error": error}).encode()))

    def wait_for(self, count: int, seconds: float = 10) -> list[dict[str, Any]]:
        """The first messages, when so many have come."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.sent) >= count, seconds), self.sent
        return self.sent[:count]


def accepted(number: int, body: dict[str, Any]) -> dict[str, Any]:
    """What Meta says when it takes a message."""
    contact = {"input": body.get("to") or body.get("recipient")}
    contact |= {"wa_id": body["to"]} if "to" in body else {"user_id": body.get("recipient")}
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": f"wamid.sent{number}"}]}


@contextmanager
def graph_api() -> Iterator[Meta]:
    """The server at work, on a free port."""
    state = Meta()
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield state
    finally:
        state.stopped.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    state: Meta
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.state.arrived:
            self.state.sent.append(body)
            self.state.paths.append(self.path)
            number = len(self.state.sent)
            self.state.arrived.notify_all()
        trouble = self.state.troubles.pop(0) if self.state.troubles else None
        if self._is_stranger():
            self._answer(
                401, {"error": {"message": "Invalid OAuth access token", "type": "OAuthException", "code": 190}}
            )
        elif trouble is None:
            self._answer(200, accepted(number, body))
        elif trouble.cut or trouble.hang:
            if trouble.hang:
                self.state.stopped.wait()
            self.close_connection = True
        else:
            self._write(trouble.status, trouble.body)

    def do_GET(self) -> None:
        media_id = self.path.rpartition("/")[2]
        content = self.state.files.get(media_id)
        if self._is_stranger():
            self._answer(401, {"error": {"message": "Invalid OAuth access token", "code": 190}})
        elif content is None:
            self._answer(400, {"error": {"message": "Unsupported get request", "code": 100, "error_subcode": 33}})
        elif self.path.startswith("/files/"):
            self._write(200, content, "application/octet-stream")
        else:
            self._answer(
                200,
                {
                    "id": media_id,
                    "url": f"{self.state.url}/files/{media_id}",
                    "mime_type": "image/jpeg",
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "file_size": len(content),
                    "messaging_product": "whatsapp",
                    **self.state.about.get(media_id, {}),
                },
            )

    def _is_stranger(self) -> bool:
        return self.headers.get("authorization") != f"Bearer {TOKEN}"

    def _answer(self, status: int, value: Any) -> None:
        self._write(status, json.dumps(value).encode())

    def _write(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the test knows."""
