"""Respond: a synchronous caller gets the outcome of its own run, worked here or elsewhere."""

import asyncio
from dataclasses import dataclass

from antiphon.core.errors import StoreUnavailable, TurnFailed, TurnStillWaiting
from antiphon.core.names import RunId
from antiphon.core.run import ENDED, Accepted, Claim, Outcome
from antiphon.engine.engine import Engine
from antiphon.engine.receive import Request, receive
from antiphon.engine.turns import Turns


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """A run and how it ended."""

    run_id: RunId
    conversation_id: str
    outcome: Outcome
    replay: bool = False  # the idempotency key was used before: this is the answer of then


async def respond(engine: Engine, turns: Turns, request: Request) -> Response:
    """Receive a request, work its turn or wait for it, and return the outcome.

    Raises:
        IdempotencyKeyReused, StoreUnavailable: as `receive`; nothing was accepted.
        TurnStillWaiting: earlier runs of the conversation took too long. The run is worked all the same.
        TurnFailed: a defect of ours ended the run; the message was kept.
    """
    run_id = engine.ids.new()
    finished = engine.signals.finished(run_id)  # before accepting, so that no news is missed
    try:
        accepted = await receive(engine, request, run_id=run_id, claim=True)
        if accepted.claim:
            outcome = await _take(turns, accepted.claim)
        else:
            outcome = await _wait(engine, accepted, finished)
    finally:
        finished.cancel()
    if outcome.status == "failed":
        raise TurnFailed(run_id=accepted.run.id, reason=outcome.reason)
    return Response(
        run_id=accepted.run.id,
        conversation_id=accepted.run.conversation_id,
        outcome=outcome,
        replay=accepted.replay,
    )


async def _take(turns: Turns, claim: Claim) -> Outcome:
    try:
        return await turns.take(claim)
    except StoreUnavailable as error:
        # The message is stored and will be answered; the caller must not be told that it was not.
        raise TurnStillWaiting(run_id=claim.run.id) from error


async def _wait(engine: Engine, accepted: Accepted, finished: asyncio.Future[Outcome]) -> Outcome:
    run = accepted.run
    if accepted.replay:
        finished = engine.signals.finished(run.id)
        run = await engine.store.run(run.id) or run
        if run.status in ENDED and run.outcome:
            return run.outcome
    try:
        async with asyncio.timeout(engine.limits.turn_wait_seconds):
            return await finished
    except TimeoutError:
        # It may have ended in another process, whose news does not reach this one.
        now = await engine.store.run(run.id)
        if now and now.status in ENDED and now.outcome:
            return now.outcome
        raise TurnStillWaiting(run_id=run.id) from None
