"""Taking turns: a claimed conversation is worked run by run, and each turn commits whole or not at all."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from math import ceil
from typing import Any

from antiphon.core.change import merged
from antiphon.core.errors import AntiphonError, LeaseLost, NewerMessage, StoreUnavailable
from antiphon.core.event import TurnGivenUp, received
from antiphon.core.names import ConversationId
from antiphon.core.proposal import Proposal
from antiphon.core.run import Claim, Outcome
from antiphon.engine.complete import complete
from antiphon.engine.engine import Business, Engine
from antiphon.engine.live import show_begun, show_ended, show_lost
from antiphon.engine.pack_versions import learn
from antiphon.ports import CompletedTurn, Turn

log = logging.getLogger(__name__)

RESTARTS = 3  # drafts abandoned in a row before one is committed all the same


class Turns:
    """The turns that this process is taking, so that it can keep their leases alive and finish them at a stop."""

    def __init__(self, engine: Engine, on_effects: Callable[[], None] = lambda: None) -> None:
        """`on_effects` is called after a commit that made effects which are due; it must not block."""
        self._engine = engine
        self._on_effects = on_effects
        self._stopping = False
        self._held: dict[ConversationId, Claim] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._merging = frozenset(
            name for name, business in engine.businesses.items() if business.pack.burst != "queue"
        )

    async def take(self, claim: Claim) -> Outcome:
        """Take one turn to its end. If more runs wait, they are worked in the background."""
        outcome, following = await self._take(claim)
        if following:
            self._start(self._go_on(following))
        return outcome

    async def work_off(self, conversation_id: ConversationId) -> None:
        """Claim a conversation and work all that waits in it. Nothing happens when somebody else holds it."""
        claim = await self._engine.store.claim(conversation_id, self._engine.owner, merge=self._merging)
        if claim and claim.pack not in self._engine.businesses:
            log.error("the pack %s is not loaded here; its work waits", claim.pack)
            await self._engine.store.release(claim)
            return
        await self._go_on(claim)

    async def keep_leases(self) -> None:
        """Renew what is held, for ever. Cancelled at a stop."""
        while True:
            await asyncio.sleep(self._engine.limits.heartbeat_seconds)
            if self._held:
                try:
                    await self._engine.store.renew(list(self._held.values()))
                except AntiphonError as error:
                    log.warning("leases were not renewed; the fence guards the turns: %s", error)

    def stop(self) -> None:
        """Begin no turn that follows one in flight; its conversation is handed back."""
        self._stopping = True

    async def finish(self) -> None:
        """Wait for the turns in flight."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def in_flight(self) -> int:
        """How many conversations this process is working on."""
        return len(self._held)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # The run is still in the store, and the sweep takes it up again.
            log.error("background turn failed", exc_info=error)

    async def _go_on(self, claim: Claim | None) -> None:
        while claim and not self._stopping:
            _, claim = await self._take(claim)
        if claim:
            await self._engine.store.release(claim)
            self._engine.wake_ups.wake(claim.conversation_id)  # for another process

    async def _take(self, claim: Claim) -> tuple[Outcome, Claim | None]:
        """One turn; its outcome and, when more waits, the claim to go on with."""
        conversation_id = claim.conversation_id
        try:
            for restart in range(RESTARTS + 1):
                self._held[conversation_id] = claim
                try:
                    return await self._take_once(claim, yields=restart < RESTARTS)
                except NewerMessage as newer:
                    claim = newer.claim
            raise AssertionError("the last draft does not yield")
        except LeaseLost:
            await show_lost(self._engine, claim)
            raise
        except StoreUnavailable:
            self._start(self._give_back(claim))
            raise
        finally:
            self._held.pop(conversation_id, None)

    async def _give_back(self, claim: Claim) -> None:
        """Once the store is back, let the conversation be worked again without waiting for the lease to end.

        If the turn was committed after all, the fence has moved, and nothing happens.
        """
        limits = self._engine.limits
        for _ in range(ceil(3 * limits.heartbeat_seconds / limits.sweep_seconds)):  # then the lease has ended
            await asyncio.sleep(limits.sweep_seconds)
            if self._stopping:
                return
            with suppress(StoreUnavailable):
                await self._engine.store.release(claim)
                self._engine.wake_ups.wake(claim.conversation_id)
                return

    async def _take_once(self, claim: Claim, *, yields: bool) -> tuple[Outcome, Claim | None]:
        origins = [run.change.origin for run in claim.runs]
        with self._engine.trail.turn(claim.pack, claim.run.id, origins):
            turn = await self._work(claim, yields=yields)
            return turn.outcome, await self._commit(turn)

    async def _commit(self, turn: CompletedTurn) -> Claim | None:
        """Commit, then announce; the claim to go on with when more waits."""
        # A draft that may be abandoned is never left without a claim to go on with.
        owner = None if self._stopping and not turn.refuse_if_newer else self._engine.owner
        following = await self._engine.store.commit(turn, keep_for=owner, merge=self._merging)
        if any(effect.due_at is None or effect.due_at <= turn.at for effect in turn.effects):
            self._on_effects()
        await self._announce(turn)
        return following

    async def _work(self, claim: Claim, *, yields: bool) -> CompletedTurn:
        await show_begun(self._engine, claim)
        business = self._engine.businesses[claim.pack]
        proposal = await self._propose(claim, business)
        yields = yields and business.pack.burst == "restart"
        return complete(self._engine, claim, proposal, business.versions, yields=yields)

    async def _propose(self, claim: Claim, business: Business) -> Proposal:
        if claim.run.attempts > self._engine.limits.attempts:
            return given_up(claim, f"begun {claim.run.attempts - 1} times and never finished")
        try:
            return await business.work(await self._turn(claim, business))
        except AntiphonError:
            # Expected, such as a store that went away: the run keeps its place and is worked again.
            await self._engine.store.release(claim)
            raise
        except Exception as error:
            # A defect of ours. The conversation must go on, so the run ends as failed, with its reason on record.
            log.exception("turn failed", extra={"run_id": claim.run.id})
            return given_up(claim, f"{type(error).__name__}: {error}")

    async def _turn(self, claim: Claim, business: Business) -> Turn:
        """A claim with what processes may ask about whoever it is with."""
        asks = business.pack.processes and claim.conversation.bindings
        contact = await self._engine.store.contact(claim.contact_id) if asks else None
        if asks and business.maps:
            await learn(self._engine.store, claim.pack, business.maps, claim)
        at = self._engine.clock.now()
        return Turn(claim=claim, pack=business.pack, at=at, contact=contact.details if contact else None)

    async def _announce(self, turn: CompletedTurn) -> None:
        """After the commit only: sinks first, then whoever waits for the outcome."""
        for sink in self._engine.sinks:
            await sink.committed(turn)
        await show_ended(self._engine, turn)
        for run in turn.claim.runs:
            self._engine.signals.finish(run.id, turn.outcome)


def given_up(claim: Claim, reason: str) -> Proposal:
    """What is committed of a turn that could not be worked: the message and the reason, no reply."""
    run_id = claim.run.id
    return Proposal(
        outcome=Outcome(status="failed", reason=reason),
        events=(
            *received(run_id, merged(tuple(run.change for run in claim.runs))),
            TurnGivenUp(run_id=run_id, reason=reason),
        ),
    )
