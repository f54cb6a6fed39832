"""Begin a binding: a process begins on a conversation because somebody says so (CV.9)."""

from antiphon.core.change import BINDING, Change
from antiphon.core.errors import (
    BindingsFull,
    ConversationNotFound,
    ProcessUnknown,
    StateUnknown,
)
from antiphon.core.names import ConversationId, Facts
from antiphon.core.process.binding import MAX_OPEN
from antiphon.engine.engine import Engine
from antiphon.engine.receive import request_to
from antiphon.engine.rules import Ask
from antiphon.ports import BindingRecord, ConversationRecord


async def begin_binding(
    engine: Engine,
    ask: Ask,
    conversation_id: ConversationId,
    process_type: str,
    *,
    entity_id: str | None = None,
    entity_type: str | None = None,
    business_data: Facts | None = None,
    initial_state: str | None = None,
    key: str | None = None,
) -> BindingRecord:
    """A new binding, beside those that the conversation has. Nothing is sent.

    Raises:
        ConversationNotFound: there is none.
        ProcessUnknown, StateUnknown: the pack has no such process, or the process no such state.
        BindingsFull: the conversation has too many open bindings.
        What `respond` raises.
    """
    record = await engine.store.conversation(conversation_id)
    if record is None:
        raise ConversationNotFound(conversation_id=conversation_id)
    _check(engine, record, process_type, initial_state)
    data = {
        BINDING: engine.ids.new(),
        "entity_id": entity_id,
        "entity_type": entity_type,
        "business_data": dict(business_data or {}),
        "initial_state": initial_state,
    }
    response = await ask(request_to(record, Change(kind="begin", value=process_type, data=data), key))
    if "refused" in response.outcome.facts:  # what was checked before was checked again in its turn
        raise BindingsFull(limit=MAX_OPEN)
    binding = await engine.store.binding(response.outcome.facts["binding_id"])
    if binding is None:
        raise AssertionError("a binding is committed with its turn")
    return binding


def _check(engine: Engine, record: ConversationRecord, process_type: str, initial_state: str | None) -> None:
    process = engine.businesses[record.pack].pack.processes.get(process_type)
    if process is None:
        raise ProcessUnknown(name=process_type)
    if initial_state is not None and initial_state not in process.known:
        raise StateUnknown(state=initial_state, process_type=process_type)
    if len(record.state.bindings) >= MAX_OPEN:
        raise BindingsFull(limit=MAX_OPEN)
