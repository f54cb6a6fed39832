"""WhatsApp's webhooks (AS.38 to AS.43, CV.17): one for AutoStream, one for Converse. Replies are sent, not answered."""

from collections.abc import Sequence
from typing import Annotated, Any, Protocol, cast

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from antiphon.api.access import Failure, InternalError, Served
from antiphon.api.autostream.names import PACK as AUTOSTREAM
from antiphon.api.autostream.names import SESSION
from antiphon.api.channels.links import links_of
from antiphon.api.converse.names import PACK as CONVERSE
from antiphon.api.door import door_of
from antiphon.core.address import normal
from antiphon.core.change import Change
from antiphon.core.errors import IdempotencyKeyReused
from antiphon.core.names import Facts
from antiphon.engine.receive import Request as Brought
from antiphon.engine.receive import receive
from antiphon.engine.service import Service

MAX_BODY_BYTES = 3 * 1024 * 1024  # as Meta's largest, with a thousand updates
router = APIRouter(tags=["channels"], max_body_size=MAX_BODY_BYTES)

CHANNEL = "whatsapp"
SIGNATURE = "X-Hub-Signature-256"
BAD_SIGNATURE, BAD_TOKEN = "Invalid signature", "Verification failed"
MAX_CHALLENGE_CHARS = 256
OK: Facts = {"status": "ok"}

ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Failure, "description": "The body is no JSON object."},
    403: {"model": Failure, "description": "Nobody who knows the secret has signed this body."},
    413: {"model": Failure, "description": "The body is larger than 3 MiB."},
    500: {"model": InternalError, "description": "A defect of ours."},
    503: {"model": Failure, "description": "Not everything was stored, or the pack is not loaded; bring it again."},
}
FORBIDDEN: dict[int | str, dict[str, Any]] = {403: {"model": Failure, "description": "The token is not ours."}}


class Message(Protocol):
    """What somebody says."""

    @property
    def message_id(self) -> str:
        """The same at each delivery of the webhook."""
        ...

    @property
    def address(self) -> str:
        """The number as Meta writes it, or the user id where no number is shown."""
        ...

    @property
    def user_id(self) -> str | None:
        """The id by which this business alone knows them."""
        ...

    @property
    def name(self) -> str | None:
        """What they call themselves."""
        ...

    @property
    def text(self) -> str:
        """In words."""
        ...

    @property
    def data(self) -> Facts:
        """What goes with the change."""
        ...


class Reading(Protocol):
    """What WhatsApp's adapter does for its webhooks."""

    def is_subscription(self, mode: str | None, token: str | None) -> bool:
        """Whether somebody who knows our word asks to subscribe."""
        ...

    def is_signed(self, body: bytes, signature: str | None) -> bool:
        """Whether these very bytes were signed with the secret."""
        ...

    def messages(self, body: bytes) -> Sequence[Message]:
        """What people say in a webhook.

        Raises:
            WebhookUnreadable: the body is no JSON object.
        """
        ...


Mode = Annotated[str | None, Query(alias="hub.mode")]
Token = Annotated[str | None, Query(alias="hub.verify_token")]
Challenge = Annotated[str | None, Query(alias="hub.challenge")]


@router.get("/webhook", responses=FORBIDDEN, response_class=PlainTextResponse)
async def confirm_autostream(
    request: Request, mode: Mode = None, token: Token = None, challenge: Challenge = None
) -> str:
    """Confirm a subscription: the challenge comes back as it is, to whoever knows the verify token."""
    return _confirmed(request, mode, token, challenge)


@router.get("/webhooks/whatsapp", responses=FORBIDDEN)
async def confirm_converse(
    request: Request, mode: Mode = None, token: Token = None, challenge: Challenge = None
) -> int:
    """Confirm a subscription: the challenge comes back as a number, to whoever knows the verify token."""
    told = _confirmed(request, mode, token, challenge)
    if not told.isascii() or not told.isdigit():
        raise HTTPException(403, BAD_TOKEN)
    return int(told)


@router.post("/webhook", responses=ERRORS)
async def bring_autostream(request: Request, service: Served) -> Response:
    """Messages of people to AutoStream. A sender is a session: `/chat` under the same id goes on with it."""
    for message in await _messages(request):
        service.business(AUTOSTREAM)
        await _bring(request, service, message, AUTOSTREAM, SESSION, message.address, None)
    return JSONResponse(OK)


@router.post("/webhooks/whatsapp", responses=ERRORS)
async def bring_converse(request: Request, service: Served) -> Response:
    """Messages of people to Converse. Whoever is unknown becomes a contact; what is no message is taken quietly."""
    for message in await _messages(request):
        if CONVERSE not in service.engine.businesses:
            raise HTTPException(503, "The pack converse is not loaded", headers={"Retry-After": "10"})
        address = normal(CHANNEL, message.address)
        await _bring(request, service, message, CONVERSE, CHANNEL, address, message.name or f"Unknown ({address})")
    return JSONResponse(OK)


def _reading(request: Request) -> Reading | None:
    return cast("Reading | None", door_of(request).inbound.get(CHANNEL))


def _confirmed(request: Request, mode: str | None, token: str | None, challenge: str | None) -> str:
    reading = _reading(request)
    if reading is None or not reading.is_subscription(mode, token):
        raise HTTPException(403, BAD_TOKEN)
    if not challenge or len(challenge) > MAX_CHALLENGE_CHARS:
        raise HTTPException(403, BAD_TOKEN)
    return challenge


async def _messages(request: Request) -> Sequence[Message]:
    """What people say, when Meta says it."""
    reading, body = _reading(request), await request.body()
    if reading is None or not reading.is_signed(body, request.headers.get(SIGNATURE)):
        raise HTTPException(403, BAD_SIGNATURE)
    return reading.messages(body)


async def _bring(
    request: Request, service: Service, message: Message, pack: str, space: str, address: str, name: str | None
) -> None:
    """One message through the one door. Meta brings it again until we have said that we have it; once is enough."""
    if message.user_id and message.user_id != address:
        await links_of(request).join(service, space, address, message.user_id, name)
    brought = Brought(
        pack=pack,
        change=Change(kind="message", value=message.text, channel=CHANNEL, data=message.data),
        space=space,
        address=address,
        idempotency_key=message.message_id,
        contact_name=name,
    )
    try:
        await receive(service.engine, brought)
    except IdempotencyKeyReused:  # the same message, told otherwise the second time
        return
