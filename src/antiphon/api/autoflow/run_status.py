"""A run as AutoFlow's callers see it: from the store, or from what is shown while it goes on."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from antiphon.api.autoflow.shapes import Status
from antiphon.core.names import Facts
from antiphon.core.run import Run
from antiphon.core.step import Step
from antiphon.engine.live import snapshot

SHOWN_CHARS = 300  # of a step's output
UNSEEN = frozenset({"advance_process"})  # nodes that are no agent's work; the audit has them all

_STATUS: Mapping[str, Status] = {"completed": "completed", "escalated": "escalated", "failed": "error"}


def status_of(status: str) -> Status:
    """The status as AutoFlow says it: what has not ended is running, whatever it waits for."""
    return _STATUS.get(status, "running")


def of_run(run: Run, steps: Sequence[Step]) -> Facts:
    """A RunStatus from the store."""
    shown = snapshot(run, run.status, run.finished_at or run.created_at, run.outcome)
    return of_snapshot(shown, stored_steps(run, steps))


def of_snapshot(shown: Facts, steps: Sequence[Facts]) -> Facts:
    """A RunStatus from a snapshot (`engine.live`) and AutoFlow's steps."""
    status = status_of(str(shown["status"]))
    facts: Any = shown["facts"]
    escalated = status == "escalated"
    return {
        "run_id": shown["run_id"],
        "status": status,
        "intent": shown["intent"] or "",
        "intent_confidence": shown["confidence"] or 0.0,
        "current_agent": steps[-1]["agent"] if steps else "orchestrator",
        "agent_steps": list(steps),
        "final_response": shown["reply"],
        "lead_score": facts.get("lead_score"),
        "lead_tier": facts.get("lead_tier"),
        "escalate": escalated,
        "escalation_reason": shown["reason"] if escalated else None,
        "created_at": shown["created_at"],
        "updated_at": shown["updated_at"],
    }


def list_item(run: Run) -> Facts:
    """A RunListItem."""
    data = run.change.data
    return {
        "run_id": run.id,
        "status": status_of(run.status),
        "intent": (run.outcome.intent if run.outcome else None) or "",
        "sender_name": data.get("sender_name", ""),
        "sender_email": data.get("sender_email", ""),
        "subject": data.get("subject", ""),
        "created_at": run.created_at.isoformat(),
    }


def live_steps(kept: Sequence[Facts]) -> list[Facts]:
    """AutoFlow's steps from those that are shown while a run goes on."""
    return [live_step(step) for step in kept if is_shown(step)]


def is_shown(step: Facts) -> bool:
    """Whether a step is some agent's work."""
    return step.get("node") not in UNSEEN


def live_step(step: Facts) -> Facts:
    """One of them."""
    return {
        "agent": step["agent"],
        "action": step["action"],
        "output": str(step["output"])[:SHOWN_CHARS],
        "timestamp": step["timestamp"],
    }


def stored_steps(run: Run, steps: Sequence[Step]) -> list[Facts]:
    """AutoFlow's steps from the store, which keeps how long each took: when it ended is reckoned back from the end."""
    ended = run.finished_at or run.created_at
    shown: list[Facts] = []
    for step in reversed(steps):
        if step.node not in UNSEEN:
            at = ended.isoformat()
            shown.append(
                {"agent": step.agent, "action": step.action, "output": step.output[:SHOWN_CHARS], "timestamp": at}
            )
        ended -= timedelta(milliseconds=step.ms)
    return shown[::-1]
