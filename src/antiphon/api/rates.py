"""Rate limits at the door: so many requests of one client in a window of time, and headers that say what is left."""

import math
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from antiphon.ports import Limiter, Verdict

LIMITED: dict[int | str, dict[str, Any]] = {
    429: {
        "description": "Too many requests of this client; `Retry-After` says when to come again.",
        "content": {"application/json": {"example": {"error": "Rate limit exceeded: 60/minute"}}},
    }
}


RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After")


async def count(limiter: Limiter, limit: str, door: str, request: Request) -> Verdict:
    """One more request of this client at one door, against a limit such as "60/minute"."""
    client = request.client.host if request.client else "unknown"
    return await limiter.hit(f"{door}:{client}", limit)


def refusal(limit: str, verdict: Verdict) -> JSONResponse:
    """What a client hears that came too often."""
    headers = {**rate_headers(verdict), "Retry-After": str(max(1, math.ceil(verdict.retry_after)))}
    return JSONResponse({"error": f"Rate limit exceeded: {limit}"}, status_code=429, headers=headers)


def rate_headers(verdict: Verdict) -> dict[str, str]:
    """What is left, for every answer."""
    values = verdict.limit, verdict.remaining, math.ceil(verdict.reset_at.timestamp())
    return {name: str(value) for name, value in zip(RATE_HEADERS, values, strict=False)}
