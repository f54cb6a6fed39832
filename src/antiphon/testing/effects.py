"""Effects in memory: what is due, and what became of it."""

from dataclasses import replace

from antiphon.core.effect import KeptEffect
from antiphon.core.names import EffectKey, Moment
from antiphon.testing.tables import KeptRow, Lease, MemoryPart


class MemoryEffects(MemoryPart):
    """`ports.Effects` of one tenant."""

    async def claim_due(self, owner: str, now: Moment, limit: int) -> list[KeptEffect]:
        """See `ports.Effects`. Higher priority first, then the longer due, then by key.

        That an attempt was abandoned is told to who takes it up, and kept nowhere.
        """
        self._tables.check_open()
        rows = (self._tables.effects[key] for key in self._tables.open_effects)
        due = sorted((row for row in rows if self._is_due(row, now)), key=_order)[:limit]
        return [self._attempt(row, owner) for row in due]

    def _attempt(self, row: KeptRow, owner: str) -> KeptEffect:
        abandoned = row.lease is not None
        row.kept = replace(row.kept, status="performing", attempts=row.kept.attempts + 1)
        row.lease = Lease(owner=owner, until=self._lease_end())
        return replace(row.kept, abandoned=abandoned)

    def _is_due(self, row: KeptRow, now: Moment) -> bool:
        if row.lease is not None:
            return row.lease.ended(self._clock.now())
        return row.kept.due_at <= now

    async def settle(self, effect: KeptEffect) -> None:
        """See `ports.Effects`. The number of the attempt says whether it is still the caller's."""
        self._tables.check_open()
        row = self._tables.effects.get(effect.key)
        if row is None or row.kept.status != "performing" or row.kept.attempts != effect.attempts:
            return
        row.kept = replace(row.kept, status=effect.status, due_at=effect.due_at, reason=effect.reason)
        row.lease = None
        if effect.status != "pending":
            self._tables.open_effects.discard(effect.key)

    async def effect(self, key: EffectKey) -> KeptEffect | None:
        """See `ports.Effects`."""
        self._tables.check_open()
        row = self._tables.effects.get(key)
        return row.kept if row else None


def _order(row: KeptRow) -> tuple[int, Moment, EffectKey]:
    return -row.kept.effect.priority, row.kept.due_at, row.kept.key
