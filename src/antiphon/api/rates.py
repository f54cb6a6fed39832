"""Rate limits at the edge, per address of the caller, told in headers."""

import math

from fastapi import HTTPException, Request, Response

from antiphon.api.access import Door
from antiphon.ports import Verdict


class RateLimited(HTTPException):
    """429, in the shape of AutoFlow's contract."""

    def __init__(self, limit: str, verdict: Verdict) -> None:
        super().__init__(429, f"Rate limit exceeded: {limit}", headers=_headers(verdict))


async def check_rate(door: Door, request: Request, response: Response) -> None:
    """Count a request of this address, say in headers what is left, and refuse it when nothing is."""
    if door.limiter is None:
        return
    address = request.client.host if request.client else "unknown"
    verdict = await door.limiter.hit(f"webhook:{address}", door.webhook_limit)
    if not verdict.allowed:
        raise RateLimited(door.webhook_limit, verdict)
    response.headers.update(_headers(verdict))


def _headers(verdict: Verdict) -> dict[str, str]:
    headers = {
        "X-RateLimit-Limit": str(verdict.limit),
        "X-RateLimit-Remaining": str(verdict.remaining),
        "X-RateLimit-Reset": str(math.ceil(verdict.reset_at.timestamp())),
    }
    if not verdict.allowed:
        headers["Retry-After"] = str(max(1, math.ceil(verdict.retry_after)))
    return headers
