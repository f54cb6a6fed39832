"""Calls to a backend over HTTP: who we are, tried again where that is safe, and left alone when it keeps failing."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from antiphon.backend.auth import auth_of
from antiphon.backend.exchange import Ask, Exchange, Reply
from antiphon.core.backend_config import BackendConfig
from antiphon.core.breaker import Breaker, admit, failed, seconds_left, succeeded
from antiphon.core.errors import (
    BackendAnswerInvalid,
    BackendAway,
    BackendCallInvalid,
    BackendError,
    BackendFailed,
    BackendRefused,
)
from antiphon.core.names import EffectKey, Facts

PATIENCE_SECONDS = 5.0  # when it asks us to come back later than that, the caller is told instead
FIRST_PAUSE_SECONDS = 0.2  # before the second try; doubled each time
MAX_KEPT_CHARS = 500  # of an answer that refuses, kept with the error

_pause = wait_exponential_jitter(initial=FIRST_PAUSE_SECONDS, max=PATIENCE_SECONDS, jitter=FIRST_PAUSE_SECONDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One thing to ask or tell."""

    operation: str  # the endpoint's name in the settings
    where: str  # for messages: method and path, without values
    method: str
    url: str
    body: Facts | None = None  # sent as JSON
    reads: bool = False  # changes nothing there
    key: EffectKey | None = None  # by which the other side recognises a repeat


class Door:
    """The way to one backend."""

    def __init__(self, config: BackendConfig, *, clock: Callable[[], float]) -> None:
        self._exchange = Exchange(timeout_seconds=config.timeout_seconds, max_bytes=config.max_answer_bytes)
        self._auth = auth_of(config, self._exchange, clock)
        self._tries = config.tries
        self._clock = clock
        self._breaker = Breaker(limit=config.breaker_failures, rest_seconds=config.breaker_rest_seconds)

    async def send(self, call: Call) -> Any:
        """The JSON value of the answer, None when it is empty. Tried again where nothing can be done twice by it.

        Raises:
            BackendError: one of its kinds; the last one, when there were several tries.
        """
        tries = AsyncRetrying(
            stop=stop_after_attempt(self._tries),
            wait=_wait,
            retry=retry_if_exception(lambda error: _may_repeat(call, error)),
            reraise=True,
        )
        return await tries(self._try, call)

    def check(self, operation: str) -> None:
        """Nothing, when calls go through.

        Raises:
            BackendAway: they do not for a while.
        """
        if self._breaker.resting_until is not None and (seconds := seconds_left(self._breaker, self._clock())):
            raise _left_alone(operation, "any call", seconds)

    async def close(self) -> None:
        """Let go of connections."""
        await self._exchange.close()

    async def _try(self, call: Call) -> Any:
        admitted = admit(self._breaker, self._clock())
        if admitted is None:
            raise _left_alone(call.operation, call.where, seconds_left(self._breaker, self._clock()))
        self._breaker = admitted
        try:
            value = _value(call, await self._answered(call))
        except (BackendAway, BackendFailed) as error:
            if error.facts.get("status") != 429:  # it is well, and we ask too often
                self._breaker = failed(self._breaker, self._clock())
            raise
        except BackendError:
            self._breaker = succeeded(self._breaker)  # it answers, if only to refuse
            raise
        self._breaker = succeeded(self._breaker)
        return value

    async def _answered(self, call: Call) -> Reply:
        reply = await self._exchange.send(_ask(call, await self._auth.headers()))
        if reply.status == 401 and self._auth.refused():
            reply = await self._exchange.send(_ask(call, await self._auth.headers()))
        return reply


def _ask(call: Call, who: Mapping[str, str]) -> Ask:
    headers = {"Accept": "application/json", **who}
    body = None
    if call.body is not None:
        headers["Content-Type"] = "application/json"
        body = _json(call)
    if call.key is not None:
        headers["Idempotency-Key"] = call.key
    return Ask(operation=call.operation, where=call.where, method=call.method, url=call.url, headers=headers, body=body)


def _json(call: Call) -> bytes:
    try:
        return orjson.dumps(call.body)
    except TypeError as error:  # such as half of a surrogate pair
        raise BackendCallInvalid(operation=call.operation, reason=f"what to send is no JSON: {error}") from None


def _may_repeat(call: Call, error: BaseException) -> bool:
    if not isinstance(error, BackendError) or not error.retry:
        return False
    if (error.facts.get("after_seconds") or 0) > PATIENCE_SECONDS:
        return False
    return call.reads or call.key is not None or not error.unknown


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.facts.get("after_seconds") if isinstance(error, BackendError) else None
    return _pause(state) if asked is None else asked + random.uniform(0, FIRST_PAUSE_SECONDS)  # noqa: S311 - no secret


def _left_alone(operation: str, where: str, seconds: float) -> BackendAway:
    reason = f"it failed several times in a row and is left alone for another {seconds:.0f} s"
    return BackendAway(
        operation=operation, where=where, reason=reason, after_seconds=max(seconds, PATIENCE_SECONDS * 2)
    )


def _value(call: Call, reply: Reply) -> Any:
    """What an answer says, or the error that it stands for."""
    if not 200 <= reply.status < 300:
        raise _error(call, reply)
    if not reply.body.strip():
        return None
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        kind = reply.headers.get("content-type", "").partition(";")[0] or "of no stated kind"
        raise BackendAnswerInvalid(
            operation=call.operation,
            where=call.where,
            reason=f"it is no JSON, but {kind[:80]}",
            advice="See that backend.base_url is the address of the API.",
        ) from None


def _error(call: Call, reply: Reply) -> BackendError:
    status = reply.status
    about = {"operation": call.operation, "where": call.where, "status": status, "reason": f"it answered {status}"}
    if status == 429:
        return BackendAway(**about, after_seconds=_after(reply))
    if status >= 500 or status == 408:
        return BackendFailed(**about, after_seconds=_after(reply))
    if status < 400:
        about["reason"] = f"it answered {status}, and redirects are not followed"
        return BackendRefused(**about, advice="Set backend.base_url to the address where it answers.", answer="")
    advice = f"See backend.endpoints.{call.operation} and what it is given."
    if status in (401, 403):
        advice = "See backend.auth_type and backend.auth_credentials."
    return BackendRefused(**about, advice=advice, answer=reply.body.decode("utf-8", "replace")[:MAX_KEPT_CHARS])


def _after(reply: Reply) -> float | None:
    """Seconds of Retry-After; dates are not read."""
    text = reply.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
