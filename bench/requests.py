"""What a load sends: chat turns, inquiries, webhooks of WhatsApp, or questions where a run stands."""

import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Literal

import orjson

from bench.messages import fresh_from, inquiry_fields, met_from, met_inquiries_from

WHATSAPP_SECRET = "measured"  # noqa: S105 - nobody keeps anything with it

Asks = Literal["chat", "inquiry", "status", "whatsapp"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """So many connections, each sending its next request when it was answered."""

    port: int
    name: str  # its sessions begin with it
    connections: int
    messages: Literal["fresh", "met"] = "met"
    asks: Asks = "chat"
    seconds: float  # that count
    warm_up_seconds: float = 0.0  # before them
    first: int = 0  # number of the first fresh message
    sessions: int = 8  # of each connection, in turn; of chats
    runs: tuple[str, ...] = ()  # that are asked for, in turn
    turns: int | None = None  # of each connection, after which it stops; until the time is over when None


def requests_of(load: Load, place: int) -> Iterator[bytes]:
    """The requests of one of its connections."""
    return REQUESTS[load.asks](load, place)


def _chats(load: Load, place: int) -> Iterator[bytes]:
    for turn, message in enumerate(_messages(load, place)):
        session = f"{load.name}-{place}-{turn % load.sessions}"
        yield _post("/chat", {"message": message, "session_id": session})


def _inquiries(load: Load, place: int) -> Iterator[bytes]:
    bodies = fresh_from(load.first + place, load.connections) if load.messages == "fresh" else met_inquiries_from(place)
    for body in bodies:
        yield _post("/api/v1/webhook", inquiry_fields(body))


def _whatsapp(load: Load, place: int) -> Iterator[bytes]:
    """Messages of as many people as chats have sessions, each signed, and each with an id of its own."""
    for turn, message in enumerate(_messages(load, place)):
        phone = f"4915{place:04}{turn % load.sessions:04}"
        said = {"from": phone, "id": f"wamid.{load.name}-{place}-{turn}", "timestamp": "1763733600", "type": "text"}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"},
            "contacts": [{"profile": {"name": "Ada"}, "wa_id": phone}],
            "messages": [{**said, "text": {"body": message}}],
        }
        changes = [{"field": "messages", "value": value}]
        content = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
        signature = hmac.digest(WHATSAPP_SECRET.encode(), orjson.dumps(content), "sha256").hex()
        yield _post("/webhooks/whatsapp", content, f"X-Hub-Signature-256: sha256={signature}\r\n")


def _reads(load: Load, place: int) -> Iterator[bytes]:
    for run_id in islice(cycle(load.runs), place % len(load.runs), None):
        yield b"GET /api/v1/status/%b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % run_id.encode()


REQUESTS: Mapping[Asks, Callable[[Load, int], Iterator[bytes]]] = {
    "chat": _chats,
    "inquiry": _inquiries,
    "status": _reads,
    "whatsapp": _whatsapp,
}


def _messages(load: Load, place: int) -> Iterator[str]:
    return fresh_from(load.first + place, load.connections) if load.messages == "fresh" else met_from(place)


def _post(path: str, content: Mapping[str, object], headers: str = "") -> bytes:
    body = orjson.dumps(content)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
