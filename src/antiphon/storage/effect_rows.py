"""Effects as rows, outside of a turn."""

from collections.abc import Sequence

from antiphon.core.effect import KeptEffect
from antiphon.core.follow_up import closed_by
from antiphon.core.names import RunId
from antiphon.ports import Promise
from antiphon.storage.codec import dump, to_micros
from antiphon.storage.turn_rows import Values


def settled(kept: KeptEffect) -> Values:
    """Status, due_at, reason, settled_at, detail, closed."""
    at = to_micros(kept.settled_at) if kept.settled_at else None
    detail = dump(kept.detail) if kept.detail else None
    closed = closed_by(kept.effect.kind, kept.status) or ""
    return (kept.status, to_micros(kept.due_at), kept.reason, at, detail, closed)


def promise_rows(promises: Sequence[Promise], run_id: RunId) -> list[Values]:
    """Run_id, key, kind, payload, repeatable, max_attempts, due_at."""
    return [
        (run_id, one.key, one.kind, dump(one.payload), int(one.repeatable), one.max_attempts, to_micros(one.due_at))
        for one in promises
    ]
