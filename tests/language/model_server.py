"""A server that speaks as four providers of models do, and misbehaves when told to.

Ollama's NDJSON, OpenAI's JSON and events, Anthropic's messages, Gemini's generateContent. Real bytes on a real port.
"""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

Wire: TypeAlias = Literal["ollama", "openai", "anthropic", "google_genai"]
Json: TypeAlias = dict[str, Any]
Says: TypeAlias = str | Json | Callable[[Json], str | Json]

KEY = "sk-very-secret-1234567890"
USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """How one request is answered."""

    says: Says = "ok"  # a text; an object, for what was asked for in a shape; or what finds either by the request
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    slow: float = 0.0  # seconds before the first byte
    cut: bool = False  # the connection ends in the middle
    unended: bool = False  # the answer ends without saying that it has


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request that came."""

    wire: Wire
    path: str
    headers: dict[str, str]
    body: Json


class ModelServer:
    """A context manager. Replies are given in order; the last one for good."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [Reply()]
        self.asked: list[Asked] = []
        self._stopping = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def say(self, *replies: Reply) -> None:
        """Answer so from now on."""
        self.replies = list(replies)

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def _next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its parent's name for it
                del format, args

            def do_GET(self) -> None:
                known = self.path == "/api/tags" and server.replies[0].status == 200
                self._send(200 if known else 500, [json.dumps({"models": [{"name": "llama3"}]})], Reply())

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                wire = _wire(self.path)
                server.asked.append(Asked(wire=wire, path=self.path, headers=dict(self.headers), body=body))
                reply = server._next()
                if reply.slow and server._stopping.wait(reply.slow):
                    return
                if reply.status != 200:
                    said = {"error": {"message": f"bad key {KEY}", "type": "x", "code": reply.status, "status": "X"}}
                    self._send(reply.status, [json.dumps(said)], reply)
                    return
                says = reply.says(body) if callable(reply.says) else reply.says
                self._send(200, list(_WIRES[wire](self.path, body, replace(reply, says=says))), reply)

            def _send(self, status: int, pieces: list[str], reply: Reply) -> None:
                data = [piece.encode() for piece in pieces]
                self.send_response(status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                events = data[0].startswith((b"data:", b"event:"))
                self.send_header("content-type", "text/event-stream" if events else "application/json")
                self.send_header("content-length", str(sum(map(len, data))))
                self.send_header("connection", "close")
                self.end_headers()
                for place, piece in enumerate(data):
                    if reply.cut and place == len(data) - 1:
                        self.wfile.write(piece[: len(piece) // 2])
                        return
                    self.wfile.write(piece)
                    self.wfile.flush()

        return Handler


def _wire(path: str) -> Wire:
    if path.startswith("/api/chat"):
        return "ollama"
    if path.startswith("/v1/messages"):
        return "anthropic"
    return "openai" if "chat/completions" in path else "google_genai"


def _text(reply: Reply) -> str:
    return reply.says if isinstance(reply.says, str) else json.dumps(reply.says)


def _words(reply: Reply) -> list[str]:
    first, *others = _text(reply).split(" ")
    return [first, *(f" {word}" for word in others)]


def _ollama(path: str, body: Json, reply: Reply) -> Iterator[str]:
    del path
    about = {"model": body["model"], "created_at": "2026-11-20T10:00:00Z"}
    for word in _words(reply):
        yield json.dumps({**about, "message": {"role": "assistant", "content": word}, "done": False}) + "\n"
    if not reply.unended:
        last = {"done": True, "done_reason": "stop", "eval_count": 1, "prompt_eval_count": 1}
        yield json.dumps({**about, "message": {"role": "assistant", "content": ""}, **last}) + "\n"


def _openai(path: str, body: Json, reply: Reply) -> Iterator[str]:
    del path
    about = {"id": "1", "created": 1, "model": body["model"]}
    end = "length" if reply.unended else "stop"
    if not body.get("stream"):
        message = {"role": "assistant", "content": _text(reply)}
        choice = {"index": 0, "message": message, "finish_reason": end}
        yield json.dumps({**about, "object": "chat.completion", "choices": [choice], "usage": USAGE})
        return
    for word in _words(reply):
        choice = {"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}
        yield _event({**about, "object": "chat.completion.chunk", "choices": [choice]})
    choice = {"index": 0, "delta": {}, "finish_reason": end}
    yield _event({**about, "object": "chat.completion.chunk", "choices": [choice]})
    yield "data: [DONE]\n\n"


def _anthropic(path: str, body: Json, reply: Reply) -> Iterator[str]:
    del path
    shaped = isinstance(reply.says, dict)
    block: Json = {"type": "text", "text": _text(reply)}
    if shaped:
        block = {"type": "tool_use", "id": "t1", "name": body["tools"][0]["name"], "input": reply.says}
    end = "max_tokens" if reply.unended else ("tool_use" if shaped else "end_turn")
    about = {"id": "m1", "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}
    usage = {"input_tokens": 1, "output_tokens": 1}
    if not body.get("stream"):
        yield json.dumps({**about, "content": [block], "stop_reason": end, "usage": usage})
        return
    yield _event({"type": "message_start", "message": {**about, "content": [], "stop_reason": None, "usage": usage}})
    yield _event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    for word in _words(reply):
        yield _event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}})
    yield _event({"type": "content_block_stop", "index": 0})
    yield _event({"type": "message_delta", "delta": {"stop_reason": end}, "usage": {"output_tokens": 1}})
    yield _event({"type": "message_stop"})


def _gemini(path: str, body: Json, reply: Reply) -> Iterator[str]:
    del body
    end = "MAX_TOKENS" if reply.unended else "STOP"

    def candidate(text: str, finish: str | None) -> Json:
        ended = {"finishReason": finish} if finish else {}
        return {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0, **ended}]}

    if "stream" not in path:
        yield json.dumps(candidate(_text(reply), end))
        return
    *words, last = _words(reply)
    for word in words:
        yield _event(candidate(word, None))
    yield _event(candidate(last, end))


def _event(value: Json) -> str:
    kind = f"event: {value['type']}\n" if "type" in value else ""
    return f"{kind}data: {json.dumps(value)}\n\n"


_WIRES = {"ollama": _ollama, "openai": _openai, "anthropic": _anthropic, "google_genai": _gemini}
