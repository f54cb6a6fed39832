"""What is shown of a run while it goes on: snapshots, told after the commit, and steps as their nodes end.

Both are copies that may be lost. A step is shown before its turn is committed; a turn that is worked again shows
its steps anew.
"""

import asyncio

from antiphon.core.names import Facts, Moment, PackName, RunId
from antiphon.core.run import Claim, Outcome, Run, RunStatus
from antiphon.core.step import Step
from antiphon.engine.engine import Engine
from antiphon.engine.trail import NO_TRAIL
from antiphon.ports import Clock, CompletedTurn, HotState, Trail

SHOWN_CHARS = 300  # of a step's output; the store keeps all of it


def snapshot(run: Run, status: RunStatus, updated_at: Moment, outcome: Outcome | None = None) -> Facts:
    """A run as JSON values: what came in, where it stands, and how it ended."""
    return {
        "run_id": run.id,
        "request_id": run.change.origin.get("request_id"),
        "status": status,
        "change": {"kind": run.change.kind, "value": run.change.value, "data": dict(run.change.data)},
        "created_at": run.created_at.isoformat(),
        "updated_at": updated_at.isoformat(),
        "reply": outcome.reply if outcome else None,
        "intent": outcome.intent if outcome else None,
        "confidence": outcome.confidence if outcome else None,
        "reason": outcome.reason if outcome else None,
        "facts": dict(outcome.facts) if outcome else {},
    }


async def show_accepted(engine: Engine, run: Run) -> None:
    """The run is in the store. Whoever watches sees it under way; that nobody has begun it yet is no news."""
    if engine.hot and run.pack in engine.live:
        await engine.hot.put(run.pack, run.id, snapshot(run, "running", run.created_at))


async def show_begun(engine: Engine, claim: Claim) -> None:
    """Somebody works it. At a second attempt, what the first one showed is taken back."""
    if engine.hot and claim.pack in engine.live and claim.run.attempts > 1:
        for run in claim.runs:
            await engine.hot.forget(run.pack, run.id)
            await engine.hot.put(run.pack, run.id, snapshot(run, "running", engine.clock.now()))


async def show_ended(engine: Engine, turn: CompletedTurn) -> None:
    """Its turn is committed."""
    if engine.hot and turn.claim.pack in engine.live:
        for run in turn.claim.runs:
            await engine.hot.put(run.pack, run.id, snapshot(run, turn.outcome.status, turn.at, turn.outcome))


async def show_lost(engine: Engine, claim: Claim) -> None:
    """Its turn was not committed. What was erased meanwhile is shown no longer, also where a step came after that."""
    if engine.hot and claim.pack in engine.live:
        for run in claim.runs:
            if await engine.store.run(run.id) is None:
                await engine.hot.forget(run.pack, run.id)


class LiveSteps:
    """`ports.OnStep`: shows each step of the packs that are shown live, in the order in which they end."""

    def __init__(self, hot: HotState, clock: Clock, packs: frozenset[PackName], trail: Trail = NO_TRAIL) -> None:
        self._hot = hot
        self._clock = clock
        self._packs = packs
        self._trail = trail
        self._showing: set[asyncio.Task[None]] = set()  # a task that nobody holds may be collected

    def __call__(self, pack: PackName, run_id: RunId, step: Step) -> None:
        """Show a step; nobody waits for it. Tasks begin in the order in which they are made, and so do the writes."""
        if pack in self._packs:
            task = asyncio.create_task(self._hot.add_step(pack, run_id, self._shown(run_id, step)))
            self._showing.add(task)
            task.add_done_callback(self._showing.discard)

    def _shown(self, run_id: RunId, step: Step) -> Facts:
        return {
            "run_id": run_id,
            "request_id": self._trail.origin().get("request_id"),
            "node": step.node,
            "agent": step.agent,
            "action": step.action,
            "output": step.output[:SHOWN_CHARS],
            "ms": step.ms,
            "timestamp": self._clock.now().isoformat(),
        }
