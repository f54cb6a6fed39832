"""Whether a model server of one's own answers."""

import asyncio
import time
from collections.abc import Callable

import httpx

WAIT_SECONDS = 1.0  # health is asked every few seconds and must not hang
KNOWN_SECONDS = 5.0  # for so long an answer is taken for true


class OllamaServer:
    """`ports.ModelServer` for Ollama: it answers when it can list its models."""

    def __init__(self, base_url: str | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = _tags_of(base_url) if base_url else None
        self._clock = clock
        self._known: tuple[float, bool] | None = None  # until when, and what
        self._asking = asyncio.Lock()

    async def reachable(self) -> bool | None:
        """Whether it answers, as of a few seconds ago at most; None when none is configured."""
        if self._url is None:
            return None
        async with self._asking:  # whoever comes meanwhile takes the same answer
            if self._known is None or self._known[0] <= self._clock():
                answers = await _answers(self._url)
                self._known = (self._clock() + KNOWN_SECONDS, answers)
            return self._known[1]


def _tags_of(base_url: str) -> str:
    """Where the models are listed. Ollama's own client takes `localhost:11434` for an address, and so do we."""
    whole = base_url if "://" in base_url else f"http://{base_url}"
    return f"{whole.rstrip('/')}/api/tags"


async def _answers(url: str) -> bool:
    try:
        async with asyncio.timeout(WAIT_SECONDS), httpx.AsyncClient() as client:
            return (await client.get(url)).is_success
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        return False
