"""What is done in a dialogue beside talking, by the use cases that serve HTTP, and what they answer, line by line."""

from collections.abc import Iterator

from antiphon.core.scenario import EventStep, OperatorStep
from antiphon.engine.change_context import change_context
from antiphon.engine.go_through_rules import go_through_rules
from antiphon.engine.happen import happen
from antiphon.engine.rules import RuleResult
from antiphon.engine.transition import Transition
from antiphon.ports import ConversationRecord
from antiphon.trying.world import World


async def tell_event(world: World, step: EventStep) -> list[str]:
    """The business's own system tells of an event."""
    happened = await happen(world.engine, world.service.respond, world.pack, step.name, step.data)
    lines = list(_told(happened.results))
    lines += [f"rule {miss.rule.id} wants nothing: {miss.reason}" for miss in happened.missed]
    return lines or ["nothing here is about it"]


async def override(world: World, record: ConversationRecord, step: OperatorStep) -> None:
    """Somebody in the business puts a change to the conversation."""
    ask = world.service.respond
    await change_context(world.engine, ask, record.id, step.trigger_type, step.trigger_value, step.data)


async def ask_rules(world: World) -> list[str]:
    """The rules are held against what the backend says is pending."""
    gone = await go_through_rules(world.engine, world.service.respond, world.pack)
    return [f"{gone.backend_items_evaluated} pending", *_told(gone.results)]


def _told(results: tuple[Transition | RuleResult, ...]) -> Iterator[str]:
    for one in results:
        if isinstance(one, Transition):
            yield f"{one.process_type}: {one.transition}"
        else:
            yield f"rule {one.rule_id}: {one.action} {one.status}"
