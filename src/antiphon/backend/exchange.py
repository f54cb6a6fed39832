"""One request and its answer over HTTP, within limits of time and size. What goes wrong is one of our errors."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from antiphon.core.errors import BackendAnswerInvalid, BackendAway, BackendFailed

CONNECTIONS = 20  # at once to one backend; more wait for their turn


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A request as it is sent."""

    operation: str  # for messages: get_contact
    where: str  # for messages: "GET /contacts/{contact_id}", without values, which may be personal
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]  # names in small letters
    body: bytes


class Exchange:
    """The way to one backend. Redirects are not followed: they would lead to hosts that nobody has configured."""

    def __init__(self, *, timeout_seconds: float, max_bytes: int) -> None:
        self._seconds = timeout_seconds
        self._max_bytes = max_bytes
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout_seconds, connect=timeout_seconds / 2),
            limits=httpx.Limits(max_connections=CONNECTIONS),
            follow_redirects=False,
        )

    async def send(self, ask: Ask) -> Reply:
        """Send one request, and read the answer to its end.

        Raises:
            BackendAway: no connection; nothing was sent.
            BackendFailed: the connection ended, or the time was over, before the answer was there.
            BackendAnswerInvalid: the answer is too large, or compressed although we ask for it not to be.
        """
        try:
            async with asyncio.timeout(self._seconds):  # whole, however slowly it trickles in
                return await self._sent(ask)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            reason = _said(error)
            raise BackendAway(
                operation=ask.operation, where=ask.where, reason=f"no connection: {reason}", after_seconds=None
            ) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            reason = f"no complete answer within {self._seconds:g} s"
            raise BackendFailed(
                operation=ask.operation, where=ask.where, reason=reason, status=None, after_seconds=None
            ) from error
        except httpx.RequestError as error:
            reason = f"the connection broke: {_said(error)}"
            raise BackendFailed(
                operation=ask.operation, where=ask.where, reason=reason, status=None, after_seconds=None
            ) from error

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _sent(self, ask: Ask) -> Reply:
        headers = {"Accept-Encoding": "identity", **ask.headers}  # so that bytes can be counted before they are many
        async with self._client.stream(ask.method, ask.url, headers=headers, content=ask.body) as response:
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise _unusable(ask, "it is compressed, and we ask for it not to be", "See what stands before it.")
            if int(response.headers.get("content-length") or 0) > self._max_bytes:
                raise self._too_large(ask)
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > self._max_bytes:
                    raise self._too_large(ask)
            return Reply(status=response.status_code, headers=response.headers, body=bytes(body))

    def _too_large(self, ask: Ask) -> BackendAnswerInvalid:
        advice = "Ask for less at a time, or raise backend.max_answer_bytes."
        return _unusable(ask, f"it is larger than {self._max_bytes:,} bytes", advice)


def _unusable(ask: Ask, reason: str, advice: str) -> BackendAnswerInvalid:
    return BackendAnswerInvalid(operation=ask.operation, where=ask.where, reason=reason, advice=advice)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
