"""Effects in memory: what is due, what became of it, and what an operator makes of that."""

from collections.abc import Sequence
from dataclasses import replace

from antiphon.core.effect import KeptEffect
from antiphon.core.follow_up import closed_by
from antiphon.core.names import EffectKey, Moment
from antiphon.ports import EffectQuery
from antiphon.testing.tables import KeptRow, Lease, MemoryPart, stored


class MemoryEffects(MemoryPart):
    """`ports.Effects` of one tenant."""

    async def claim_due(
        self, owner: str, now: Moment, limit: int, *, busy: frozenset[str] = frozenset()
    ) -> list[KeptEffect]:
        """See `ports.Effects`. Higher priority first, then the longer due, then by key.

        That an attempt was abandoned is told to who takes it up, and kept nowhere.
        """
        self._tables.check_open()
        rows = (self._tables.effects[key] for key in self._tables.open_effects)
        free = (row for row in rows if row.kept.effect.kind not in busy)
        due = sorted((row for row in free if self._is_due(row, now)), key=_order)[:limit]
        return [self._attempt(row, owner, now) for row in due]

    def _attempt(self, row: KeptRow, owner: str, now: Moment) -> KeptEffect:
        abandoned = row.lease is not None
        row.kept = replace(row.kept, status="performing", attempts=row.kept.attempts + 1)
        row.lease = Lease(owner=owner, until=self._lease_end())
        row.started_at = now
        return replace(row.kept, abandoned=abandoned)

    def _is_due(self, row: KeptRow, now: Moment) -> bool:
        if row.lease is not None:
            return row.lease.ended(self._clock.now())
        return row.kept.due_at <= now

    async def settle(self, effect: KeptEffect) -> None:
        """See `ports.Effects`. The number of the attempt says whether it is still the caller's."""
        self._tables.check_open()
        row = self._performed(effect)
        if row is None:
            return
        row.kept = replace(
            row.kept,
            status=effect.status,
            due_at=effect.due_at,
            reason=effect.reason,
            settled_at=effect.settled_at,
            detail=stored(effect.detail),
        )
        row.closed = closed_by(effect.effect.kind, effect.status)
        row.lease = None
        if effect.status != "pending":
            self._tables.open_effects.discard(effect.key)

    async def renew_effects(self, kept: Sequence[KeptEffect]) -> None:
        """See `ports.Effects`."""
        self._tables.check_open()
        for one in kept:
            row = self._performed(one)
            if row is not None and row.lease is not None:
                row.lease = replace(row.lease, until=self._lease_end())

    def _performed(self, kept: KeptEffect) -> KeptRow | None:
        """The row of an attempt that nobody else has taken since."""
        row = self._tables.effects.get(kept.key)
        same = row is not None and row.kept.status == "performing" and row.kept.attempts == kept.attempts
        return row if same else None

    async def effect(self, key: EffectKey) -> KeptEffect | None:
        """See `ports.Effects`."""
        self._tables.check_open()
        row = self._tables.effects.get(key)
        return row.kept if row else None

    async def effects(self, query: EffectQuery) -> list[KeptEffect]:
        """See `ports.Effects`."""
        self._tables.check_open()
        found = (row.kept for row in self._tables.effects.values() if _is_wanted(row.kept, query))
        return sorted(found, key=_place, reverse=True)[: query.limit]

    async def replay(self, key: EffectKey, now: Moment, *, attempts: int) -> bool:
        """See `ports.Effects`."""
        self._tables.check_open()
        row = self._tables.effects.get(key)
        if row is None or row.kept.status not in ("dead", "parked"):
            return False
        effect = replace(row.kept.effect, max_attempts=row.kept.attempts + attempts)
        row.kept = replace(row.kept, status="pending", due_at=now, effect=effect, settled_at=None)
        self._tables.open_effects.add(key)
        return True

    async def cancel(self, key: EffectKey) -> bool:
        """See `ports.Effects`."""
        self._tables.check_open()
        row = self._tables.effects.get(key)
        if row is None or row.kept.status not in ("pending", "dead", "parked"):
            return False
        row.kept = replace(row.kept, status="cancelled", settled_at=self._clock.now())
        self._tables.open_effects.discard(key)
        return True


def _is_wanted(kept: KeptEffect, query: EffectQuery) -> bool:
    if query.statuses and kept.status not in query.statuses:
        return False
    if query.kind is not None and not f"{kept.effect.kind}:".startswith(f"{query.kind}:"):
        return False
    return query.before is None or _place(kept) < query.before


def _place(kept: KeptEffect) -> tuple[Moment, EffectKey]:
    """Where an effect stands in a list."""
    return kept.due_at, kept.key


def _order(row: KeptRow) -> tuple[int, Moment, EffectKey]:
    return -row.kept.effect.priority, row.kept.due_at, row.kept.key
