"""A model with patience and limits: a few tries, one time for all of them, and a rest after failures in a row."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeAlias, TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential

from antiphon.core.breaker import Breaker, admit, failed, seconds_left, succeeded
from antiphon.core.errors import ModelAnswerMalformed, ModelUnavailable
from antiphon.core.model import CallOutcome, ModelCall, ModelName, Prompt, Purpose, ShapedAnswer
from antiphon.language.models.chat import Chat, messages_of, read, repairing
from antiphon.language.models.failures import Cut, Failure, Misshapen, failure_of
from antiphon.ports import OnCall

TRIES = 3
PAUSE = wait_random_exponential(multiplier=0.5, max=4)  # seconds, when the provider names none
FAILURES = 3  # in a row; then the model rests. One that timed out counts as all of them: it cost a minute
REST_SECONDS = 30.0

T = TypeVar("T")
Work: TypeAlias = Callable[[], Awaitable[T]]

log = logging.getLogger(__name__)


class SteadyModel:
    """`ports.Model` over a provider's chat model. One for each model of a process, so that all packs know its state."""

    def __init__(
        self,
        name: ModelName,
        chat: Chat,
        *,
        timeout_seconds: float,
        on_call: OnCall,
        clock: Callable[[], float] = time.monotonic,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        self.name = name
        self._chat = chat
        self._seconds = timeout_seconds
        self._on_call = on_call
        self._clock = clock
        self._breaker = Breaker(limit=FAILURES, rest_seconds=rest_seconds)

    async def ask(self, prompt: Prompt, schema: type[ShapedAnswer], *, purpose: Purpose) -> ShapedAnswer:
        """An answer of that shape, repaired once."""

        async def asked() -> tuple[ShapedAnswer, CallOutcome]:
            messages = messages_of(prompt)
            said = await _tried(lambda: self._chat.shaped(messages, schema))
            try:
                return read(said, schema), "ok"
            except Misshapen as wrong:
                again = repairing(messages, said, wrong)
            said = await _tried(lambda: self._chat.shaped(again, schema))
            return read(said, schema), "repaired"

        return await self._called(asked, purpose)

    async def write(self, prompt: Prompt, *, purpose: Purpose) -> str:
        """A text that has come to its end."""

        async def written() -> tuple[str, CallOutcome]:
            text = await _tried(lambda: self._chat.text(messages_of(prompt)))
            if not text:
                raise Misshapen("it is empty")
            return text, "ok"

        return await self._called(written, purpose)

    async def stream(self, prompt: Prompt, *, purpose: Purpose) -> AsyncGenerator[str, None]:
        """A text, piece by piece. There are further tries only before the first piece."""
        self._admit()
        began = self._clock()
        try:
            async with asyncio.timeout(self._seconds):
                pieces, piece = await _tried(lambda: self._begun(prompt))
            self._breaker = succeeded(self._breaker)  # it answers, also when nobody listens to the end
            async with aclosing(pieces):
                while piece:
                    yield piece
                    left = self._seconds - (self._clock() - began)
                    piece = await asyncio.wait_for(anext(pieces, ""), max(left, 0))  # no piece is empty
        except Exception as error:  # noqa: BLE001 - an SDK may raise anything; it leaves as one error of ours
            raise self._failed(error, purpose, began) from None
        except GeneratorExit:
            self._tell(purpose, "ok", began)
            raise
        self._tell(purpose, "ok", began)

    async def _begun(self, prompt: Prompt) -> tuple[AsyncGenerator[str, None], str]:
        pieces = self._chat.pieces(messages_of(prompt))
        first = await anext(pieces, "")
        if not first:
            raise Cut
        return pieces, first

    async def _called(self, work: Work[tuple[T, CallOutcome]], purpose: Purpose) -> T:
        """Do something with the model, unless it rests; note how it went."""
        self._admit()
        began = self._clock()
        try:
            async with asyncio.timeout(self._seconds):
                value, outcome = await work()
        except Exception as error:  # noqa: BLE001 - an SDK may raise anything; it leaves as one error of ours
            raise self._failed(error, purpose, began) from None
        self._breaker = succeeded(self._breaker)
        self._tell(purpose, outcome, began)
        return value

    def _admit(self) -> None:
        now = self._clock()
        admitted = admit(self._breaker, now)
        if admitted is None:
            seconds = seconds_left(self._breaker, now)
            raise ModelUnavailable(model=self.name, reason=f"it failed before and rests for {seconds:.0f} s more")
        self._breaker = admitted

    def _failed(self, error: Exception, purpose: Purpose, began: float) -> ModelUnavailable:
        """The error that callers see. A model that answers, if not as asked, is not left alone for that."""
        if isinstance(error, Misshapen):
            self._breaker = succeeded(self._breaker)
            unavailable: ModelUnavailable = ModelAnswerMalformed(model=self.name, reason=str(error))
        else:
            failure = failure_of(error)
            self._count(failure)
            unavailable = ModelUnavailable(model=self.name, reason=failure.reason)
        log.warning("%s (%s)", unavailable, purpose)
        self._tell(purpose, "failed", began)
        return unavailable

    def _count(self, failure: Failure) -> None:
        for _ in range(FAILURES if failure.timed_out else 1):
            self._breaker = failed(self._breaker, self._clock())

    def _tell(self, purpose: Purpose, outcome: CallOutcome, began: float) -> None:
        self._on_call(ModelCall(model=self.name, purpose=purpose, outcome=outcome, seconds=self._clock() - began))


async def _tried(work: Work[T]) -> T:
    """The result of the first try that does not fail in a way that may pass."""

    async def once() -> T:
        return await work()

    tries = AsyncRetrying(
        stop=stop_after_attempt(TRIES),
        retry=retry_if_exception(lambda error: isinstance(error, Exception) and failure_of(error).passes),
        wait=_pause,
        reraise=True,
    )
    return await tries(once)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    after = failure_of(error).after if error else None
    return PAUSE(state) if after is None else after
