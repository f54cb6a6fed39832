"""Respond: a synchronous caller gets the outcome of its own run, worked here or elsewhere."""

import asyncio
from dataclasses import dataclass

from antiphon.core.errors import StoreUnavailable, TurnFailed, TurnStillWaiting
from antiphon.core.names import RunId
from antiphon.core.run import Claim, Outcome
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
        elif accepted.replay:
            outcome = await _wait_again(engine, accepted.run.id)
        else:
            outcome = await _wait(engine, run_id, finished)
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


async def _wait(engine: Engine, run_id: RunId, finished: asyncio.Future[Outcome]) -> Outcome:
    """The outcome of a run that somebody works, when it comes in time."""
    try:
        async with asyncio.timeout(engine.limits.turn_wait_seconds):
            return await finished
    except TimeoutError:
        # It may have ended in another process, whose news does not reach this one.
        if outcome := await _stored(engine, run_id):
            return outcome
        raise TurnStillWaiting(run_id=run_id) from None


async def _wait_again(engine: Engine, run_id: RunId) -> Outcome:
    """The outcome of a run that was accepted before."""
    finished = engine.signals.finished(run_id)
    try:
        return await _stored(engine, run_id) or await _wait(engine, run_id, finished)
    finally:
        finished.cancel()


async def _stored(engine: Engine, run_id: RunId) -> Outcome | None:
    """What the caller of a run is told, when its turn has been worked."""
    run = await engine.store.run(run_id)
    return run.outcome if run else None
