"""Go through the rules: hold what is pending in the backend against them, now (CV.4)."""

from dataclasses import dataclass

from antiphon.core.errors import BackendMisconfigured
from antiphon.core.names import PackName
from antiphon.engine.engine import Engine
from antiphon.engine.keeping.rule import hits_of
from antiphon.engine.rules import Ask, RuleResult, follow


@dataclass(frozen=True, kw_only=True, slots=True)
class GoneThrough:
    """What was looked at, and what came of it."""

    backend_items_evaluated: int
    results: tuple[RuleResult, ...]

    @property
    def followups_enqueued(self) -> int:
        """Messages that are to be sent."""
        return sum(one.status == "enqueued" and one.action != "update_backend" for one in self.results)


async def go_through_rules(engine: Engine, ask: Ask, pack: PackName) -> GoneThrough:
    """Rules of schedules and of conditions, on all that is pending. What goes on already is not begun again.

    Raises:
        BackendMisconfigured: there is no backend.
        BackendError: it cannot be asked.
    """
    if engine.backend is None:
        raise BackendMisconfigured(reason="none is set; name one in the section `backend` of the settings file")
    items = await engine.backend.get_pending_followups(limit=engine.limits.items_at_once)
    rules = engine.businesses[pack].rules
    key = f"look:{engine.ids.new()}"
    results: list[RuleResult] = []
    for item, hit in hits_of(rules, items):
        results += await follow(engine, ask, pack, [hit], f"{key}:{item.id}")
    return GoneThrough(backend_items_evaluated=len(items), results=tuple(results))
