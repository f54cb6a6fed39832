"""What is shown of a run while it goes on. Copies of what the store holds, told after the commit."""

from antiphon.core.names import Facts, Moment
from antiphon.core.run import Claim, Outcome, Run, RunStatus
from antiphon.engine.engine import Engine
from antiphon.ports import CompletedTurn


def snapshot(run: Run, status: RunStatus, updated_at: Moment, outcome: Outcome | None = None) -> Facts:
    """A run as JSON values: what came in, where it stands, and how it ended."""
    return {
        "run_id": run.id,
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
    """The run is in the store."""
    if engine.hot and run.pack in engine.live:
        await engine.hot.put(run.pack, run.id, snapshot(run, run.status, run.created_at))


async def show_begun(engine: Engine, claim: Claim) -> None:
    """Somebody works it."""
    if engine.hot and claim.pack in engine.live:
        for run in claim.runs:
            await engine.hot.put(run.pack, run.id, snapshot(run, "running", engine.clock.now()))


async def show_ended(engine: Engine, turn: CompletedTurn) -> None:
    """Its turn is committed."""
    if engine.hot and turn.claim.pack in engine.live:
        for run in turn.claim.runs:
            await engine.hot.put(run.pack, run.id, snapshot(run, turn.outcome.status, turn.at, turn.outcome))
