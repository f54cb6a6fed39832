"""Webhooks out: notices sent as CloudEvents, signed as Standard Webhooks asks. Their addresses come from settings only.

What may be confidential in an address (a user, a path, a query) is in no log line, no reason and no effect.
"""

import hashlib
import json
import logging
from asyncio import timeout
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from standardwebhooks import Webhook

from antiphon.core.effect import Attempted, KeptEffect
from antiphon.core.errors import SettingUnusable
from antiphon.core.names import Facts, Moment
from antiphon.core.notice import Receiver
from antiphon.ports import Clock, Performers

MEDIA_TYPE = "application/cloudevents+json"
TIMEOUT_SECONDS = 10.0  # from the first byte sent to the head of the answer
ID_CHARS = 12  # of a receiver's id; enough to tell some thousand addresses apart
READ_BYTES = 64 * 1024  # of an answer; nobody looks at it
READ_SECONDS = 1.0  # for that
WAIT = frozenset({408, 429})  # besides those of 500 and more: answers after which a repeat may succeed


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """A receiver and where it listens."""

    receiver: Receiver
    url: str = field(repr=False)


def endpoints(name: str, urls: Sequence[str]) -> tuple[Endpoint, ...]:
    """The endpoints of a setting; an address that is named twice is told once.

    Raises:
        SettingUnusable: one is no address that can be posted to; the message says which by its number.
    """
    return tuple({url: _endpoint(name, number, url) for number, url in enumerate(urls, 1)}.values())


def _endpoint(name: str, number: int, url: str) -> Endpoint:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise SettingUnusable(name=name, reason=f"address {number} is none") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SettingUnusable(name=name, reason=f"address {number} is not of http:// or https:// with a host")
    digest = hashlib.sha256(url.encode()).hexdigest()[:ID_CHARS]
    return Endpoint(receiver=Receiver(id=digest, host=parsed.host), url=url)


@asynccontextmanager
async def open_webhooks(
    told: Sequence[Endpoint], secrets: Sequence[str], clock: Clock, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> AsyncIterator[Performers]:
    """A performer for each endpoint's kind of effect. The first secret signs first; the others sign as well."""
    for name in ("httpx", "httpcore"):  # they log whole addresses
        logging.getLogger(name).setLevel(logging.WARNING)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    # Each request has one time limit for the whole of it, which a receiver that sends a byte now and then ends too.
    async with httpx.AsyncClient(timeout=None, limits=limits, follow_redirects=False) as client:  # noqa: S113 - above
        signers = [Webhook(secret) for secret in secrets]
        yield {
            endpoint.receiver.kind: WebhookPerformer(client, endpoint, signers, clock, timeout_seconds)
            for endpoint in told
        }


class WebhookPerformer:
    """`ports.Performer` that posts notices to one endpoint. Each attempt has the same id, and a time of its own."""

    def __init__(
        self, client: httpx.AsyncClient, endpoint: Endpoint, signers: Sequence[Webhook], clock: Clock, seconds: float
    ) -> None:
        self._client = client
        self._endpoint = endpoint
        self._signers = signers
        self._clock = clock
        self._seconds = seconds

    async def perform(self, effect: KeptEffect) -> Attempted:
        """See `ports.Performer`."""
        host = self._endpoint.receiver.host
        try:
            return _outcome(host, await self._post(effect), self._clock.now())
        except httpx.ConnectError as error:
            return Attempted(outcome="failed", reason=f"{host} cannot be reached ({error})")
        except TimeoutError:
            return Attempted(outcome="unknown", reason=f"{host} did not answer within {self._seconds:g} s")
        except httpx.HTTPError as error:
            return Attempted(outcome="unknown", reason=f"{host} broke off ({type(error).__name__})")

    async def _post(self, effect: KeptEffect) -> httpx.Response:
        body = encode(effect.effect.payload["event"])
        headers = {
            "content-type": MEDIA_TYPE,
            "user-agent": "antiphon",
            **signed(effect.key, self._clock.now(), body, self._signers),
        }
        request = self._client.build_request("POST", self._endpoint.url, content=body, headers=headers)
        async with timeout(self._seconds):
            response = await self._client.send(request, stream=True)
        try:
            with suppress(TimeoutError, httpx.HTTPError):  # the status says it all
                await _read_on(response)
        finally:
            await response.aclose()
        return response


def encode(event: Facts) -> bytes:
    """A notice as the bytes that are signed and sent: the same at each attempt."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def signed(key: str, at: Moment, body: bytes, signers: Sequence[Webhook]) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by every secret."""
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signer.sign(key, at, body.decode()) for signer in signers),
    }


async def _read_on(response: httpx.Response) -> None:
    """Read what is left of a short answer, so that its connection can be used again."""
    read = 0
    async with timeout(READ_SECONDS):
        async for chunk in response.aiter_raw():
            read += len(chunk)
            if read > READ_BYTES:
                return


def _outcome(host: str, response: httpx.Response, now: Moment) -> Attempted:
    if response.is_success:
        return Attempted(outcome="done")
    reason = f"{host} answered {response.status_code}"
    if response.status_code in WAIT or response.status_code >= 500:
        return Attempted(outcome="failed", reason=reason, retry_after=_retry_after(response, now))
    if response.has_redirect_location:
        reason += "; redirects are not followed"
    return Attempted(outcome="failed", reason=reason, retry=False)


def _retry_after(response: httpx.Response, now: Moment) -> float | None:
    """Seconds that a receiver asks us to wait, said as seconds or as a date; None when it says neither."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (_aware(at) - now).total_seconds()


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
