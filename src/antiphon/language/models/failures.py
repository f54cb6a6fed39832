"""What went wrong with a call, in words of our own.

Nothing that a provider said is repeated: it may quote the key that it refuses, or the message that it was given.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from langchain_core.exceptions import ModelConnectionError, ModelError, ModelTimeoutError

LONGEST_PAUSE = 10.0  # seconds; whoever is told to wait longer does without the model


class Cut(Exception):
    """An answer ended before its end."""


class Misshapen(Exception):
    """An answer has not the shape that was asked for; the message says in what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A failed call."""

    reason: str
    passes: bool = False  # whether another try may succeed
    after: float | None = None  # seconds that the provider wants to be left alone
    timed_out: bool = False


_SAID = {
    400: "it refused the request (400)",
    401: "it refused the key (401)",
    403: "it refused the key (403)",
    404: "it is not there (404)",
    429: "it was asked too often (429)",
}


def failure_of(error: BaseException) -> Failure:
    """What an exception of any SDK means."""
    chain = list(_chain(error))
    if (status := next(filter(None, map(_status, chain)), None)) is not None:
        after = next((wait for one in chain if (wait := _retry_after(one)) is not None), None)
        passes = (status == 429 or status >= 500) and (after is None or after <= LONGEST_PAUSE)
        reason = _SAID.get(status) or f"it {'failed' if status >= 500 else 'refused the request'} ({status})"
        return Failure(reason=reason, passes=passes, after=after)
    for one in chain:
        match one:
            case Cut():
                return Failure(reason="its answer was cut off", passes=True)
            case TimeoutError() | httpx.TimeoutException() | ModelTimeoutError():
                return Failure(reason="it did not answer in time", timed_out=True)
            case httpx.RemoteProtocolError() | httpx.ReadError():
                return Failure(reason=f"the connection broke off ({type(one).__name__})", passes=True)
            case httpx.TransportError() | ConnectionError() | ModelConnectionError():
                return Failure(reason=f"it cannot be reached ({type(one).__name__})", passes=True)
            case ModelError() if one.is_retryable:
                return Failure(reason=f"it failed ({type(one).__name__})", passes=True)
            case _:
                pass
    return Failure(reason=f"its answer cannot be read ({type(error).__name__})")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int | None:
    """The HTTP status that an exception carries, whatever its SDK calls it."""
    response = getattr(error, "response", None)
    found = (getattr(error, "status_code", None), getattr(response, "status_code", None), getattr(error, "code", None))
    return next((status for status in found if isinstance(status, int) and 400 <= status < 600), None)


def _retry_after(error: BaseException) -> float | None:
    """The seconds of a Retry-After header. One that names a date is passed over: the pause is ours then."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    try:
        return max(0.0, float(headers["retry-after"])) if headers else None
    except (KeyError, ValueError, TypeError):
        return None
