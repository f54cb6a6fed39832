"""Effects as rows, outside of a turn."""

from collections.abc import Sequence

from antiphon.core.effect import KeptEffect
from antiphon.core.names import RunId
from antiphon.ports import Promise
from antiphon.storage.codec import dump, to_micros
from antiphon.storage.turn_rows import Values


def settled(kept: KeptEffect) -> Values:
    """Status, due_at, reason, settled_at, detail."""
    at = to_micros(kept.settled_at) if kept.settled_at else None
    return (kept.status, to_micros(kept.due_at), kept.reason, at, dump(kept.detail) if kept.detail else None)


def promise_rows(promises: Sequence[Promise], run_id: RunId) -> list[Values]:
    """Run_id, key, kind, payload, repeatable, max_attempts, due_at."""
    return [
        (run_id, one.key, one.kind, dump(one.payload), int(one.repeatable), one.max_attempts, to_micros(one.due_at))
        for one in promises
    ]
