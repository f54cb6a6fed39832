"""WhatsApp as the engine sees it: somebody who reads webhooks, and a channel that sends."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from antiphon.channels.whatsapp.graph import Graph, open_graph
from antiphon.channels.whatsapp.inbound import NAME, Inbound, MediaRef
from antiphon.channels.whatsapp.media import Media, download
from antiphon.channels.whatsapp.outcomes import WINDOW_CLOSED, Outcome, outcome_of
from antiphon.channels.whatsapp.pace import Pace
from antiphon.channels.whatsapp.parse import parse
from antiphon.channels.whatsapp.send import Body, addressed, free_bodies, recipient, template_body, window_of
from antiphon.channels.whatsapp.settings import WhatsAppSettings
from antiphon.channels.whatsapp.verify import is_signed, is_subscription
from antiphon.core.names import Moment
from antiphon.ports import Delivery, Limiter, Outgoing

log = logging.getLogger(__name__)

BLOCKED_SECONDS = 60.0  # for which it counts as not healthy after Meta has refused us as a whole
PART_PAUSES = (0.5, 1.0, 2.0, 6.0)  # seconds before a later part of a long text is tried again


class WhatsApp:
    """What reads webhooks. It needs no connection."""

    def __init__(self, settings: WhatsAppSettings) -> None:
        self._settings = settings

    def is_subscription(self, mode: str | None, token: str | None) -> bool:
        """See `verify.is_subscription`."""
        return is_subscription(self._settings.verify_token, mode, token)

    def is_signed(self, body: bytes, signature: str | None) -> bool:
        """See `verify.is_signed`."""
        return is_signed(self._settings.app_secret, body, signature)

    def messages(self, body: bytes) -> Sequence[Inbound]:
        """What people say in a webhook.

        Raises:
            WebhookUnreadable: the body is no JSON object.
        """
        parsed = parse(body)
        for receipt in parsed.receipts:
            if receipt.codes:
                log.warning("%s of %s failed with %s", receipt.message_id, receipt.key or "nobody here", receipt.codes)
        return parsed.messages


class WhatsAppChannel:
    """`ports.Channel` on the Graph API. It knows no keys of ours, so a repeat would reach people twice."""

    name = NAME
    repeatable = False

    def __init__(
        self,
        graph: Graph,
        settings: WhatsAppSettings,
        limiter: Limiter,
        *,
        now: Callable[[], Moment] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        part_pauses: Sequence[float] = PART_PAUSES,
    ) -> None:
        self._graph = graph
        self._number_id = settings.phone_number_id
        self._pace = Pace(limiter, clock=clock)
        self._now = now
        self._clock = clock
        self._part_pauses = part_pauses
        self._blocked_until = 0.0

    async def send(self, message: Outgoing) -> Delivery:
        """See `ports.Channel`. What is sent in parts and breaks off after the first counts as unknown."""
        whom, window = recipient(message.address), window_of(message, self._now())
        template = template_body(message)
        bodies = [template] if template and window != "open" else free_bodies(message)
        if whom is None:
            return _stopped("the address is neither a number nor a user id")
        if window == "closed" and template is None:
            return _stopped("they have not written for 24 hours, and no approved template is named")
        if not bodies:
            return _stopped("it says nothing")
        sender_id = message.sender_id or ""
        number_id = sender_id if sender_id.isalnum() else self._number_id  # it stands in a path
        if held := await self._pace.admit(number_id, message.address, len(bodies)):
            return held
        requests = [addressed(body, message, whom, first=not at) for at, body in enumerate(bodies)]
        outcome = await self._first(number_id, requests[0], message.key)
        if outcome.code == WINDOW_CLOSED and template is not None and window == "open":
            return (await self._first(number_id, addressed(template, message, whom), message.key)).delivery
        if outcome.delivery.policy == "delay":
            self._pace.rest(message.address)
        return await self._rest(number_id, requests[1:], message.key, outcome.delivery)

    async def media(self, ref: MediaRef, *, max_bytes: int | None = None) -> Media:
        """See `media.download`."""
        return await download(self._graph, ref, max_bytes=max_bytes)

    async def healthy(self) -> bool:
        """See `ports.Channel`. Not for a while after Meta has refused the token, the number or the account."""
        return self._clock() >= self._blocked_until

    async def _first(self, number_id: str, request: Body, key: str) -> Outcome:
        """One call."""
        try:
            outcome = outcome_of(*await self._graph.call("POST", f"{number_id}/messages", request))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Outcome(delivery=Delivery(status="failed", reason="Meta cannot be reached", policy="retry"))
        except (TimeoutError, httpx.HTTPError) as error:
            reason = f"Meta did not answer to the end ({type(error).__name__})"
            return Outcome(delivery=Delivery(status="unknown", reason=reason))
        delivery = outcome.delivery
        if outcome.blocks:
            self._blocked_until = self._clock() + BLOCKED_SECONDS
        if delivery.status in ("sent", "queued"):
            self._blocked_until = 0.0
            log.info("%s %s as %s", delivery.status, key, delivery.provider_id)
        else:
            log.warning("%s is %s: %s", key, delivery.status, delivery.reason)
        return outcome

    async def _rest(self, number_id: str, requests: Sequence[Body], key: str, first: Delivery) -> Delivery:
        """The later parts of a text whose first one went out. Each is tried again while that is certain to be safe."""
        delivery = first
        for at, request in enumerate(requests, 1):
            if delivery.status not in ("sent", "queued"):
                break
            delivery = (await self._first(number_id, request, key)).delivery
            for pause in self._part_pauses:
                if delivery.status != "failed" or delivery.policy not in ("retry", "delay"):
                    break
                await asyncio.sleep(pause)
                delivery = (await self._first(number_id, request, key)).delivery
            if delivery.status not in ("sent", "queued"):
                reason = f"only {at} of {len(requests) + 1} parts were sent: {delivery.reason}"
                return Delivery(status="unknown", reason=reason)
        return delivery


@asynccontextmanager
async def open_whatsapp(settings: WhatsAppSettings, limiter: Limiter) -> AsyncIterator[WhatsAppChannel]:
    """The channel at work, until the end of the block."""
    async with open_graph(settings) as graph:
        yield WhatsAppChannel(graph, settings, limiter)


def _stopped(reason: str) -> Delivery:
    return Delivery(status="failed", reason=reason, policy="stop")
