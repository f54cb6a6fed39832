"""An inquiry at the door (AF.3, AF.11, AF.14, AF.15, AF.24, AF.52)."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.security import APIKeyHeader

from antiphon.api.access import Failure
from antiphon.api.autoflow.names import ERRORS, PACK, RUN, working
from antiphon.api.autoflow.run_status import status_of
from antiphon.api.autoflow.shapes import InquiryRequest, WebhookResponse
from antiphon.api.door import door_of
from antiphon.api.keys import UNAUTHORIZED, WRONG_KEY, holds
from antiphon.api.rates import LIMITED, count, rate_headers, refusal
from antiphon.core.change import Change
from antiphon.core.run import Accepted
from antiphon.engine import receive
from antiphon.engine.service import Service

router = APIRouter(tags=["autoflow"])

KEY_CHARS = 256  # of an Idempotency-Key; the rest of a longer one is not looked at
SIGNED_ID = "webhook-id"  # of Standard Webhooks: the same at each attempt of its sender
ACCEPTED = "Inquiry received and processing"
REPLAYED = "Idempotent replay: same Idempotency-Key; existing run returned."


class _Authorized(APIKeyHeader):
    """The key, or a signature of the body, when either is set; both are good for it.

    One dependency, the only one: each costs a tenth of what the framework takes for a request.
    """

    async def __call__(self, request: Request) -> None:  # type: ignore[override]  # the route does not want the key
        """Let the request through.

        Raises:
            SignatureRefused: a signature is asked for, and is not good.
            HTTPException: 401, the key is wrong or missing.
        """
        given, door = await super().__call__(request), door_of(request)
        if door.signatures and not (door.webhook_keys and given is not None):
            door.signatures.check(request.headers, await request.body())
        elif not holds(given, door.webhook_keys):
            raise HTTPException(401, WRONG_KEY)


_authorized = _Authorized(name="X-API-Key", auto_error=False, description="Needed to bring inquiries, when one is set.")


@router.post(
    "/api/v1/webhook",
    responses={**ERRORS, **UNAUTHORIZED, **LIMITED, 413: {"model": Failure, "description": "Larger than 1 MiB."}},
    response_model=WebhookResponse,
    dependencies=[Depends(_authorized)],
)
async def bring_inquiry(
    body: InquiryRequest,
    request: Request,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:
    """Store an inquiry and answer at once; it is worked in the background. Ask for it at `poll_url`, or watch it live.

    With an `Idempotency-Key` a repeated request gets the first one's run, and nothing is worked twice. The `webhook-id`
    of a signed request is such a key too.
    """
    service, door = working(request), door_of(request)
    verdict = await count(service.limiter, door.webhook_limit, "webhook", request) if service.limiter else None
    if verdict and not verdict.allowed:
        return refusal(door.webhook_limit, verdict)
    key = _key(idempotency_key) or (_key(request.headers.get(SIGNED_ID)) if door.signatures else None)
    accepted = await receive.receive(service.engine, _inquiry(body, key))
    if key and service.engine.hot:
        await service.engine.hot.remember_key(PACK, key, accepted.run.id)
    said = await _replayed(service, accepted) if accepted.replay else _said(accepted)
    headers = {**(rate_headers(verdict) if verdict else {}), "X-Run-ID": accepted.run.id}
    return Response(orjson.dumps(said), media_type="application/json", headers=headers)


def _key(given: str | None) -> str | None:
    return (given or "").strip()[:KEY_CHARS] or None


def _inquiry(body: InquiryRequest, key: str | None) -> receive.Request:
    return receive.Request(
        pack=PACK,
        change=Change(
            kind="message",
            value=f"{body.subject}\n\n{body.body}",
            channel="email",
            data={"sender_name": body.sender_name, "sender_email": body.sender_email, "subject": body.subject},
        ),
        space=RUN,
        address=None,
        idempotency_key=key,
    )


def _said(accepted: Accepted, status: str = "running", message: str = ACCEPTED) -> dict[str, object]:
    run_id = accepted.run.id
    return {
        "run_id": run_id,
        "status": status,
        "message": message,
        "poll_url": f"/api/v1/status/{run_id}",
        "idempotent_replay": accepted.replay,
    }


async def _replayed(service: Service, accepted: Accepted) -> dict[str, object]:
    """The run of then, with where it stands now."""
    hot = service.engine.hot
    shown = await hot.get(PACK, accepted.run.id) if hot else None
    return _said(accepted, status_of(str(shown["status"] if shown else accepted.run.status)), REPLAYED)
