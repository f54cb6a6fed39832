"""Firings of scheduled rules, and what each of them wants done: kept apart, so that one that fails holds up none."""

from collections.abc import Iterator

from antiphon.core.backend import PendingItem
from antiphon.core.effect import Attempted, KeptEffect
from antiphon.core.errors import BackendError
from antiphon.core.names import Moment
from antiphon.core.rule import RuleDef, RuleHit, evaluate
from antiphon.engine.engine import Business, Engine
from antiphon.engine.kinds import RULE_HIT
from antiphon.engine.rules import Ask, follow
from antiphon.engine.schedule import next_firing
from antiphon.ports import Promise


class RulePerformer:
    """`ports.Performer` of firings: looks through what is pending, and promises each wish under a key of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def perform(self, effect: KeptEffect) -> Attempted:
        """See `ports.Performer`. The next firing comes first, so that it comes whatever becomes of this one."""
        payload = effect.effect.payload
        business = self._engine.businesses.get(payload["pack"])
        rule = _rule(business, payload["rule_id"]) if business else None
        if business is None or rule is None or rule.trigger.cron != payload["cron"]:
            return Attempted(outcome="done", detail={"skipped": "there is no such rule any more"})
        now = self._engine.clock.now()
        if following := next_firing(business, rule, max(now, Moment.fromisoformat(payload["moment"]))):
            await self._engine.store.promise((following,))
        if self._engine.backend is None:
            return Attempted(outcome="failed", reason="no backend is set", retry=False)
        try:
            items = await self._engine.backend.get_pending_followups(limit=self._engine.limits.items_at_once)
        except BackendError as error:
            return _failed(error)
        wishes = tuple(
            Promise(
                key=f"{effect.key}:{hit.rule.id}:{item.id}",
                kind=RULE_HIT,
                payload={"pack": payload["pack"], "rule_id": hit.rule.id, "data": dict(hit.data)},
                due_at=now,
            )
            for item, hit in hits_of(_looking(business, rule), items)
        )
        if wishes:
            await self._engine.store.promise(wishes)
        return Attempted(outcome="done", detail={"items": len(items), "hits": len(wishes)})

    async def resume(self, effect: KeptEffect) -> Attempted:
        """Again: whatever was promised is promised once."""
        return await self.perform(effect)


class RuleHitPerformer:
    """`ports.Performer` of the wishes of rules."""

    def __init__(self, engine: Engine, ask: Ask) -> None:
        self._engine = engine
        self._ask = ask

    async def perform(self, effect: KeptEffect) -> Attempted:
        """See `ports.Performer`. What was done under this key before is not done again."""
        payload = effect.effect.payload
        business = self._engine.businesses.get(payload["pack"])
        rule = _rule(business, payload["rule_id"]) if business else None
        hits = evaluate((rule,), payload["data"]) if rule else []
        if business is None or not hits:
            return Attempted(outcome="done", detail={"skipped": "the rule wants it no more"})
        try:
            results = await follow(self._engine, self._ask, business.pack.name, hits, effect.key)
        except BackendError as error:
            return _failed(error)
        told = [{"action": one.action, "status": one.status, "reason": one.reason} for one in results]
        return Attempted(outcome="done", detail={"results": told})

    async def resume(self, effect: KeptEffect) -> Attempted:
        """Again: what is done under its key is done once."""
        return await self.perform(effect)


def hits_of(rules: tuple[RuleDef, ...], items: list[PendingItem]) -> Iterator[tuple[PendingItem, RuleHit]]:
    """What rules want done about what is pending."""
    return ((item, hit) for item in items for hit in evaluate(rules, item.facts()))


def _rule(business: Business, rule_id: str) -> RuleDef | None:
    return next((rule for rule in business.rules if rule.id == rule_id and rule.enabled), None)


def _looking(business: Business, fired: RuleDef) -> tuple[RuleDef, ...]:
    """The rule that fires, and those of conditions, which look whenever somebody looks through the backend."""
    return (fired, *(rule for rule in business.rules if rule.trigger.type == "condition"))


def _failed(error: BackendError) -> Attempted:
    """Reading changes nothing there, so whatever may pass with time is tried again."""
    retry = error.retry or error.unknown
    return Attempted(outcome="failed", reason=str(error), retry=retry, retry_after=error.facts.get("after_seconds"))
