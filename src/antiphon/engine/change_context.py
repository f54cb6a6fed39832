"""Change the context: an operator, or another system, puts any kind of change to a conversation (CV.3, CV.23)."""

from dataclasses import dataclass

from antiphon.core.change import EXTRA, Change
from antiphon.core.errors import ConversationNotFound
from antiphon.core.names import ConversationId, Facts, RunId
from antiphon.core.process.definition import TriggerType
from antiphon.engine.engine import Engine
from antiphon.engine.receive import request_to
from antiphon.engine.rules import Ask
from antiphon.engine.transition import Transition, action_results_of, transitions_of


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextChanged:
    """What the change came to."""

    conversation_id: ConversationId
    run_id: RunId
    transitions: tuple[Transition, ...]
    action_results: tuple[Facts, ...]


async def change_context(
    engine: Engine,
    ask: Ask,
    conversation_id: ConversationId,
    trigger_type: TriggerType,
    trigger_value: str,
    extra_data: Facts | None = None,
    *,
    key: str | None = None,
) -> ContextChanged:
    """Every open binding of the conversation sees the change, also when the conversation is resolved.

    Raises:
        ConversationNotFound: there is none.
        What `respond` raises.
    """
    record = await engine.store.conversation(conversation_id)
    if record is None:
        raise ConversationNotFound(conversation_id=conversation_id)
    change = Change(kind=trigger_type, value=trigger_value, data={EXTRA: dict(extra_data or {})})
    response = await ask(request_to(record, change, key))
    return ContextChanged(
        conversation_id=conversation_id,
        run_id=response.run_id,
        transitions=transitions_of(response),
        action_results=action_results_of(response),
    )
