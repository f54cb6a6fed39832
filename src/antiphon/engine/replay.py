"""Replay: an operator has an effect performed once more, or never. Of several who decide at once, one wins."""

from typing import Literal, TypeAlias

from antiphon.core.errors import EffectElsewhere, EffectNotFound
from antiphon.core.names import EffectKey
from antiphon.engine.engine import Engine
from antiphon.engine.perform import Performing
from antiphon.ports import EffectQuery

Stuck: TypeAlias = Literal["dead", "parked"]

STUCK: frozenset[Stuck] = frozenset({"dead", "parked"})
ATTEMPTS = 3  # that a replayed effect has again
MOST_AT_ONCE = 1000  # replayed by one call; whoever has more calls again
PAGE = 100


async def replay(engine: Engine, performing: Performing, key: EffectKey) -> None:
    """Perform a dead or parked effect once more, now.

    Raises:
        EffectNotFound: there is none.
        EffectElsewhere: it is neither; somebody else may have decided just before.
    """
    if not await engine.store.replay(key, engine.clock.now(), attempts=ATTEMPTS):
        raise await _refusal(engine, key, wanted="dead or parked", done="replayed")
    performing.wake()


async def replay_all(
    engine: Engine, performing: Performing, *, statuses: frozenset[Stuck] = STUCK, kind: str | None = None
) -> int:
    """Replay every effect of a kind that is dead or parked, the latest first; how many it were."""
    replayed, before = 0, None
    while replayed < MOST_AT_ONCE:
        limit = min(PAGE, MOST_AT_ONCE - replayed)
        query = EffectQuery(limit=limit, before=before, statuses=frozenset(statuses), kind=kind)
        page = await engine.store.effects(query)
        if not page:
            break
        for kept in page:
            replayed += await engine.store.replay(kept.key, engine.clock.now(), attempts=ATTEMPTS)
        performing.wake()
        before = page[-1].due_at, page[-1].key
    return replayed


async def cancel(engine: Engine, key: EffectKey) -> None:
    """Never perform an effect that has not been performed.

    Raises:
        EffectNotFound: there is none.
        EffectElsewhere: it was performed, or is being performed now.
    """
    if not await engine.store.cancel(key):
        raise await _refusal(engine, key, wanted="pending, dead or parked", done="cancelled")


async def _refusal(engine: Engine, key: EffectKey, *, wanted: str, done: str) -> Exception:
    kept = await engine.store.effect(key)
    if kept is None:
        return EffectNotFound(key=key)
    return EffectElsewhere(key=key, status=kept.status, wanted=wanted, done=done)
