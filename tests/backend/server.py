"""A business's system over real HTTP: REST and GraphQL on the mock backend's data, and misbehaviour on request."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from antiphon.backend.mock import CONTACTS, FOLLOWUPS

Trouble: TypeAlias = Callable[["Asked", asyncio.StreamWriter], Awaitable[bool]]  # whether it has answered


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    target: str  # raw: path and query, still encoded
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def path(self) -> str:
        """The raw path."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query's values."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


@dataclass(kw_only=True, slots=True)
class Business:
    """The server's state, and what it has seen."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)  # the next answers; good ones afterwards
    updates: list[tuple[str, Any]] = field(default_factory=list)  # follow-up and body, repeats left out
    keys: set[str] = field(default_factory=set)
    statuses: dict[str, str] = field(default_factory=dict)
    accepts: Callable[[dict[str, str]], bool] = lambda headers: True
    tokens: int = 0  # how many were given

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/api"

    async def answer(self, asked: Asked) -> tuple[int, Any]:
        """Status and JSON value."""
        if asked.path == "/token":
            self.tokens += 1
            return 200, {"access_token": f"token-{self.tokens}", "expires_in": 3600, "token_type": "Bearer"}
        if not self.accepts(asked.headers):
            return 401, {"error": "who are you?"}
        if asked.path == "/api/graphql":
            return 200, self._graphql(asked)
        return self._rest(asked)

    def followups(self) -> list[dict[str, Any]]:
        """The open ones."""
        items = [{**item, "status": self.statuses.get(item["id"], item["status"])} for item in FOLLOWUPS]
        return [item for item in items if item["status"] not in ("completed", "cancelled")]

    def update(self, followup_id: str, body: Any, key: str | None) -> bool:
        """Whether there is such a follow-up. A repeat changes nothing."""
        if followup_id not in {item["id"] for item in FOLLOWUPS}:
            return False
        if key is None or key not in self.keys:
            self.keys |= {key} if key else set()
            self.updates.append((followup_id, body))
            self.statuses[followup_id] = body["status"]
        return True

    def _rest(self, asked: Asked) -> tuple[int, Any]:
        parts = [unquote(part) for part in asked.path.removeprefix("/api/").split("/")]
        match asked.method, parts:
            case "GET", ["followups"]:
                return 200, self.followups()
            case "PATCH", ["followups", followup_id]:
                done = self.update(followup_id, asked.json, asked.headers.get("idempotency-key"))
                return (204, None) if done else (404, {"error": "no such follow-up"})
            case "GET", ["contacts"]:
                return 200, {"items": search(asked.query["query"])[: int(asked.query["limit"])]}
            case "GET", ["contacts", contact_id]:
                found = contact(contact_id)
                return (200, found) if found else (404, {"error": "no such contact"})
            case "GET", ["contacts", contact_id, "context"]:
                found = self.context(contact_id, asked.query.get("entity_type"), asked.query.get("entity_id"))
                return (200, found) if found else (404, {"error": "no such contact"})
            case "POST", ["payments", invoice, "confirm"]:
                return 200, {"data": {"invoice": invoice, "paid": asked.json.get("amount")}}
        return 404, {"error": "no such path"}

    def context(self, contact_id: str, entity_type: str | None, entity_id: str | None) -> dict[str, Any] | None:
        """What is known of somebody."""
        found = contact(contact_id)
        if found is None:
            return None
        items = [
            item
            for item in self.followups()
            if item["contact_id"] == contact_id
            and entity_id in (None, item["entity_id"])
            and entity_type in (None, item["entity_type"])
        ]
        return {"organization": found["organization"], "followups": items}

    def _graphql(self, asked: Asked) -> dict[str, Any]:
        """Enough of GraphQL: the field that a query names first decides."""
        query, given = asked.json["query"], asked.json.get("variables") or {}
        root = query.split("{", 1)[1].split("(")[0].split("{")[0].strip()
        match root:
            case "followups":
                return {"data": {"followups": self.followups()}}
            case "contact":
                return {"data": {"contact": contact(given["contactId"])}}
            case "context":
                found = self.context(given["contactId"], given.get("entityType"), given.get("entityId"))
                return {"data": {"context": found}}
            case "contacts":
                return {"data": {"contacts": search(given["query"])[: given["limit"]]}}
            case "updateFollowup":
                body = {"status": given["status"], **({"note": given["note"]} if "note" in given else {})}
                done = self.update(given["followupId"], body, asked.headers.get("idempotency-key"))
                if not done:
                    return {"data": {"updateFollowup": None}, "errors": [{"message": "no such follow-up"}]}
                return {"data": {"updateFollowup": {"ok": True}}}
            case "confirmPayment":
                return {"data": {"confirmPayment": {"invoice": given["invoice"], "paid": given["amount"]}}}
        return {"errors": [{"message": f"Cannot query field {root}"}]}


def contact(contact_id: str) -> dict[str, Any] | None:
    """A contact by its id."""
    return next((one for one in CONTACTS if one["id"] == contact_id), None)


def search(words: str) -> list[dict[str, Any]]:
    """Contacts that hold the words."""
    words = words.casefold()
    return [
        one for one in CONTACTS if any(words in value.casefold() for value in one.values() if isinstance(value, str))
    ]


@asynccontextmanager
async def business() -> AsyncIterator[Business]:
    """A server on a free port, until the end of the block."""
    state = Business()
    open_ones: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ones.add(task)
        try:
            while asked := await _read(reader):
                state.asked.append(asked)
                trouble = state.troubles.pop(0) if state.troubles and asked.path != "/token" else None
                if trouble is None or not await trouble(asked, writer):
                    status, value = await state.answer(asked)
                    await send(writer, status, b"" if value is None else json.dumps(value).encode())
                if writer.is_closing():
                    break
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            open_ones.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)
        await server.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method=method, target=target, headers=headers, body=body)


async def send(
    writer: asyncio.StreamWriter, status: int, body: bytes, kind: str = "application/json", more: str = ""
) -> None:
    """Write a whole answer."""
    writer.write(
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body
    )
    await writer.drain()


# What may go wrong


def answers(status: int, body: bytes = b"{}", *, kind: str = "application/json", more: str = "") -> Trouble:
    """This answer instead of the right one; nothing is done."""

    async def trouble(_: Asked, writer: asyncio.StreamWriter) -> bool:
        await send(writer, status, body, kind, more)
        return True

    return trouble


async def hangs(_: Asked, writer: asyncio.StreamWriter) -> bool:
    """No answer, ever."""
    await asyncio.Event().wait()
    return True


async def trickles(_: Asked, writer: asyncio.StreamWriter) -> bool:
    """An answer that comes byte by byte and never ends, faster than a read would time out."""
    writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def breaks_off(_: Asked, writer: asyncio.StreamWriter) -> bool:
    """Half an answer, and the connection ends."""
    writer.write(b'HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n{"id": ')
    await writer.drain()
    writer.close()
    return True


class Flood:
    """An answer without a stated length that would be 50 MB; counts what was taken."""

    def __init__(self, size: int = 50_000_000) -> None:
        self.size = size
        self.sent = 0

    async def __call__(self, _: Asked, writer: asyncio.StreamWriter) -> bool:
        """Write until all is written or nobody reads."""
        writer.write(b'HTTP/1.1 200 X\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n["')
        while self.sent < self.size:
            writer.write(b"x" * 65_536)
            self.sent += 65_536
            await writer.drain()
        writer.close()
        return True


class DoneThenSilent:
    """The change is made, and no answer says so."""

    def __init__(self, state: Business) -> None:
        self.state = state

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Do it and close."""
        await self.state.answer(asked)
        writer.close()
        return True
