"""From failures to answers. Expected ones by class, the rest as a 500 with a request id."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from antiphon.api.request_id import HEADER
from antiphon.core import errors
from antiphon.core.errors import AntiphonError

log = logging.getLogger(__name__)

STATUS: Mapping[type[AntiphonError], int] = {
    errors.StoreUnavailable: 503,
    errors.TurnStillWaiting: 503,
    errors.KnowledgeBroken: 503,
    errors.KnowledgeIndexing: 503,
    errors.LeaseLost: 503,
    errors.BackendAway: 503,
    errors.BackendMisconfigured: 503,
    errors.BackendFailed: 502,
    errors.BackendRefused: 502,
    errors.BackendAnswerInvalid: 502,
    errors.BackendCallInvalid: 502,
    errors.ProcessUnknown: 400,
    errors.StateUnknown: 400,
    errors.BindingsFull: 400,
    errors.RunNotFound: 404,
    errors.ConversationNotFound: 404,
    errors.EffectNotFound: 404,
    errors.EffectElsewhere: 409,
    errors.SignatureRefused: 401,
    errors.WebhookUnreadable: 400,
    errors.PackNotLoaded: 404,
    errors.IdempotencyKeyReused: 422,
    errors.SlotsRefused: 422,
}
RETRY_AFTER_SECONDS = 1


def add_error_handlers(app: FastAPI, *, disclose: bool) -> None:
    """Install the handlers. `disclose`: a 500 shows the exception's text, for development only."""

    @app.exception_handler(AntiphonError)
    async def expected(request: Request, error: AntiphonError) -> JSONResponse:
        status = STATUS.get(type(error))
        if status is None:
            return internal_error(request, error, disclose=disclose)
        content: dict[str, Any] = {"detail": str(error)}
        if run_id := error.facts.get("run_id"):
            content["run_id"] = run_id
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else None
        return JSONResponse(content, status_code=status, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return validation_error(request, error.errors())

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected failure", exc_info=error)
        answer = internal_error(request, error, disclose=disclose)
        answer.headers[HEADER] = request.state.request_id  # what names every other answer stands further in
        return answer


def validation_error(request: Request, problems: Sequence[Any]) -> JSONResponse:
    """A 422: what is wrong and where. The offending input is left out: it may not even be text."""
    details = [
        {"loc": [_printable(part) for part in problem["loc"]], "msg": problem["msg"], "type": problem["type"]}
        for problem in problems
    ]
    first = details[0] if details else {"loc": [], "msg": "invalid"}
    place = ".".join(str(part) for part in first["loc"][first["loc"][:1] == ["body"] :])
    return JSONResponse(
        {
            "error": "validation_error",
            "message": "Request body or parameters failed validation",
            "details": details,
            "request_id": request.state.request_id,
            "detail": f"{place}: {first['msg']}" if place else str(first["msg"]),
        },
        status_code=422,
    )


def internal_error(request: Request, error: Exception, *, disclose: bool) -> JSONResponse:
    """A 500: a defect of ours, with an id under which the log has its trace."""
    message = f"{type(error).__name__}: {error}" if disclose else "An internal error occurred."
    return JSONResponse(
        {
            "error": "internal_error",
            "message": message.encode("utf-8", "replace").decode(),
            "request_id": request.state.request_id,
        },
        status_code=500,
    )


def _printable(part: object) -> object:
    return part.encode("utf-8", "replace").decode() if isinstance(part, str) else part
