"""A circuit breaker: whoever has failed several times in a row is left alone for a while, then tried once.

A value and three functions; the caller passes the time and keeps the latest value. Seconds are those of any clock
that never goes back, such as `time.monotonic`.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaker:
    """How one other side has done lately."""

    limit: int = 5  # failures in a row, after which it is left alone
    rest_seconds: float = 30.0  # how long it is left alone; then one call tries it
    failures: int = 0  # in a row, so far
    resting_until: float | None = None  # when it may be tried; None while calls go through


def admit(breaker: Breaker, now: float) -> Breaker | None:
    """The breaker with one more call under way, or None when the call must not be made.

    After the rest one call is let through, and others only when that one has succeeded. If it never says how it
    went, another is let through after a further rest.
    """
    if breaker.resting_until is None:
        return breaker
    if now < breaker.resting_until:
        return None
    return replace(breaker, resting_until=now + breaker.rest_seconds)


def succeeded(breaker: Breaker) -> Breaker:
    """The breaker after a call that went well: calls go through."""
    if breaker.failures == 0 and breaker.resting_until is None:
        return breaker
    return replace(breaker, failures=0, resting_until=None)


def failed(breaker: Breaker, now: float) -> Breaker:
    """The breaker after a call that failed through no fault of the request."""
    failures = breaker.failures + 1
    resting = now + breaker.rest_seconds if failures >= breaker.limit else None
    return replace(breaker, failures=failures, resting_until=resting)


def seconds_left(breaker: Breaker, now: float) -> float:
    """Seconds until a call may be made; 0 when one may now."""
    return 0.0 if breaker.resting_until is None else max(0.0, breaker.resting_until - now)
