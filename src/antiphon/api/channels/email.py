"""Mail that comes in: our own webhook (CV.18), and those of SendGrid, Mailgun and Postmark.

A mail is answered later, as an effect; the webhook answers as soon as it is kept. What nobody should answer, such as an
automatic reply, gets a quiet 200 that says so.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol, cast

import orjson
from fastapi import APIRouter, Request, Response

from antiphon.api.access import Failure
from antiphon.api.converse.names import PACK, Conversing
from antiphon.api.door import door_of
from antiphon.core.address import normal
from antiphon.core.change import REPLY_TO, Change
from antiphon.core.errors import IdempotencyKeyReused
from antiphon.engine import receive
from antiphon.engine.service import Service

CHANNEL = "email"
DRAINED_BYTES = 64 * 1024 * 1024  # of a body that is too large: read to its end, so that the answer is heard
QUICK_BYTES = 64 * 1024  # what is longer is read on a thread

router = APIRouter(prefix="/webhooks/email", tags=["channels"], max_body_size=DRAINED_BYTES)

ANSWERS: dict[int | str, dict[str, Any]] = {
    403: {"model": Failure, "description": "The signature or the token is wrong."},
    413: {"model": Failure, "description": "The mail is too large, or too deep."},
    422: {"model": Failure, "description": "It is no mail."},
    503: {"model": Failure, "description": "It was not kept; bring it again."},
}


class Brought(Protocol):
    """What a call brings, see `channels.email.Inbound`."""

    @property
    def change(self) -> Change | None: ...
    @property
    def address(self) -> str: ...
    @property
    def contact_name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def conversation_id(self) -> str | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def status(self) -> int: ...


class Postbox(Protocol):
    """What the channel does for its webhooks."""

    @property
    def max_bytes(self) -> int:
        """The longest body that is looked at."""
        ...

    def read(self, provider: str, headers: Mapping[str, str], token: str | None, body: bytes | None) -> Brought:
        """Verify and parse; never raises. None stands for a body that is too long."""
        ...


@router.post("", responses=ANSWERS)
async def receive_mail(request: Request, service: Conversing) -> Response:
    """A mail as {from, text | html, subject, message_id, in_reply_to}, or a raw one as message/rfc822.

    With EMAIL_WEBHOOK_TOKEN set it must come along: as `?token=`, as a bearer, or as the password of Basic.
    """
    return await _taken(request, service, "plain")


@router.post("/sendgrid", responses=ANSWERS)
async def receive_from_sendgrid(request: Request, service: Conversing) -> Response:
    """SendGrid's Inbound Parse, with or without "send raw". Signed, when EMAIL_SENDGRID_PUBLIC_KEY is set."""
    return await _taken(request, service, "sendgrid")


@router.post("/mailgun", responses=ANSWERS)
async def receive_from_mailgun(request: Request, service: Conversing) -> Response:
    """A route of Mailgun's, also to an address that ends in `mime`. What is refused gets 406, so that it ends there."""
    return await _taken(request, service, "mailgun")


@router.post("/mailgun/mime", responses=ANSWERS, include_in_schema=False)
async def receive_raw_from_mailgun(request: Request, service: Conversing) -> Response:
    """The same: Mailgun sends raw mails to addresses that end so."""
    return await _taken(request, service, "mailgun")


@router.post("/postmark", responses=ANSWERS)
async def receive_from_postmark(request: Request, service: Conversing) -> Response:
    """Postmark's inbound webhook. What is refused gets 403, so that it ends there."""
    return await _taken(request, service, "postmark")


async def _taken(request: Request, service: Service, provider: str) -> Response:
    box = door_of(request).inbound.get(CHANNEL)
    if box is None:
        return _said(503, {"detail": "The channel email is not on"})
    brought = await _read(cast("Postbox", box), request, provider)
    if brought.status >= 300:
        return _said(brought.status, {"detail": brought.reason})
    if brought.change is None:
        return _said(200, {"status": "ok", "ignored": brought.reason})
    try:
        accepted = await receive.receive(service.engine, await _request(service, brought, brought.change))
    except IdempotencyKeyReused:
        return _said(200, {"status": "ok", "ignored": "another mail of theirs had this Message-ID"})
    return _said(200, {"status": "ok"}, run_id=accepted.run.id)


async def _read(box: Postbox, request: Request, provider: str) -> Brought:
    body = await _body(request, box.max_bytes)
    headers = {name.lower(): value for name, value in request.headers.items()}
    token = request.query_params.get("token")
    if body is None or len(body) <= QUICK_BYTES:
        return box.read(provider, headers, token, body)
    return await asyncio.to_thread(box.read, provider, headers, token, body)


async def _body(request: Request, most: int) -> bytes | None:
    """The whole body; None when it is longer than that."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            parts.clear()
        else:
            parts.append(part)
    return b"".join(parts) if size <= most else None


async def _request(service: Service, brought: Brought, change: Change) -> receive.Request:
    """To the conversation that the mail answers in, else to that of its sender."""
    address = normal(CHANNEL, brought.address)
    store = service.engine.store
    record = await store.conversation(brought.conversation_id) if brought.conversation_id else None
    if record is None or record.pack != PACK:
        return receive.Request(
            pack=PACK,
            change=change,
            space=CHANNEL,
            address=address,
            idempotency_key=brought.key,
            contact_name=brought.contact_name,
        )
    contact = await store.contact(record.contact_id)
    known = [one for one in contact.details.addresses if one.space == CHANNEL] if contact else []
    if known and address not in {one.address for one in known}:
        own = next((one.address for one in known if one.preferred), known[0].address)
        change = _from_another(change, address, own)
    return receive.request_to(record, change, brought.key)


def _from_another(change: Change, sender: str, own: str) -> Change:
    """Somebody else answered in a contact's thread: that is heard, but what we say goes to the contact alone."""
    reply_to = {**change.data[REPLY_TO], "address": own}
    return replace(change, data={**change.data, REPLY_TO: reply_to, "written_by": sender})


def _said(status: int, content: object, run_id: str | None = None) -> Response:
    headers = {"X-Run-ID": run_id} if run_id else None
    return Response(orjson.dumps(content), status, media_type="application/json", headers=headers)
