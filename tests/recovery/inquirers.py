"""Businesses that bring inquiries over HTTP, and bring them again until they are acknowledged."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self

Answer = tuple[int, dict[str, str], Any]  # status, headers by their names in lower case, JSON

QUESTIONS = (
    "Which integrations do you support? Do you work with Slack?",
    "We have budget approved for 200 seats and want to buy this week. Can you show us a demo tomorrow?",
    "All our production workflows are down since this morning and we are losing money every minute!",
    "How do I get a refund? I have bought the wrong plan yesterday.",
)


class Line:
    """A connection that is kept, to one of the servers. A client library would take longer than the servers do."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, inquiry: dict[str, Any], key: str | None = None) -> Answer:
        """An inquiry at the door.

        Raises:
            OSError, EOFError: the connection broke; whether the inquiry was accepted is not known.
        """
        body = json.dumps(inquiry).encode()
        head = "POST /api/v1/webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += f"Idempotency-Key: {key}\r\n" if key else ""
        try:
            if self._writer is None or self._reader is None:
                self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            return await _answer(self._reader)
        except (OSError, EOFError):
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        if self._writer:
            self._writer.close()
        self._reader = self._writer = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


async def _answer(reader: asyncio.StreamReader) -> Answer:
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), headers, json.loads(await reader.readexactly(int(headers["content-length"])))


@dataclass(kw_only=True, slots=True)
class Inquirers:
    """So many inquiries, each under a key of its own, brought to one server after the other until it is accepted."""

    ports: list[int]
    inquiries: int
    callers: int = 12
    acknowledged: dict[str, str] = field(default_factory=dict)  # run by key
    replays: int = 0  # accepted before, and not acknowledged then
    refused: Counter[int] = field(default_factory=Counter)  # by status; 0: the connection broke

    async def bring_all(self) -> None:
        """Until each is acknowledged."""
        numbers = iter(range(self.inquiries))  # shared: whoever is free takes the next
        await asyncio.gather(*(self._call(caller, numbers) for caller in range(self.callers)))

    async def _call(self, caller: int, numbers: Iterator[int]) -> None:
        lines = [Line(port) for port in self.ports]
        for number in numbers:
            inquiry = inquiry_of(number)
            for attempt in count(caller):
                if await self._brought(lines[attempt % len(lines)], inquiry, f"key-{number}"):
                    break
                await asyncio.sleep(0.05)  # sooner than Retry-After asks; the test's timeout bounds it
        for line in lines:
            line.close()

    async def _brought(self, line: Line, inquiry: dict[str, Any], key: str) -> bool:
        try:
            status, headers, told = await line.post(inquiry, key)
        except (OSError, EOFError):
            self.refused[0] += 1
            return False
        if status != 200:
            self.refused[status] += 1
            assert "retry-after" in headers, told
            return False
        self.replays += told["idempotent_replay"]
        self.acknowledged[key] = told["run_id"]
        return True

    async def until(self, share: float) -> None:
        """Wait until that share of them is acknowledged."""

        async def brought() -> bool:
            return len(self.acknowledged) >= share * self.inquiries

        await until(brought)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds; the test's timeout bounds it."""
    while not await holds():  # noqa: ASYNC110 - what is waited for happens in other processes
        await asyncio.sleep(0.02)


def inquiry_of(number: int) -> dict[str, Any]:
    """The inquiry of that number: a few questions that many have."""
    return {
        "sender_name": f"Customer {number}",
        "sender_email": f"customer-{number}@example.com",
        "subject": "A question",
        "body": QUESTIONS[number % len(QUESTIONS)],
    }
