"""A binding: one instance of a process on a conversation, such as the payment of one invoice."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from antiphon.core.errors import BindingsFull, StateUnknown
from antiphon.core.event import BindingBegun
from antiphon.core.names import Facts, RunId
from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.trigger import BindingId

MAX_OPEN = 100  # bindings on one conversation; its state stays small, and nobody owes so many invoices


@dataclass(frozen=True, kw_only=True, slots=True)
class Binding:
    """Where an instance stands. A conversation remembers those that are open."""

    id: BindingId
    process_type: str
    version: str  # the identity of the map that it began under, and goes on under
    state: str
    stay: RunId  # the run that brought it into this state
    entity_id: str | None = None  # what it is about: an invoice, an order
    entity_type: str | None = None
    business_data: Facts = field(default_factory=dict)
    is_terminal: bool = False  # it never moves again


def begin(
    process: StateMapDef,
    *,
    run_id: RunId,
    binding_id: BindingId,
    open_bindings: Sequence[Binding] = (),
    entity_id: str | None = None,
    entity_type: str | None = None,
    business_data: Facts | None = None,
    initial_state: str | None = None,
) -> BindingBegun:
    """The event of a new binding, beside those that the conversation has. It has not moved: no action is due.

    Raises:
        StateUnknown: the map has no such state to begin in.
        BindingsFull: the conversation has too many open bindings.
    """
    state = process.initial_state if initial_state is None else initial_state
    if state not in process.states:
        raise StateUnknown(state=state, process_type=process.process_type)
    if len(open_bindings) >= MAX_OPEN:
        raise BindingsFull(limit=MAX_OPEN)
    return BindingBegun(
        run_id=run_id,
        binding_id=binding_id,
        process_type=process.process_type,
        version=process.identity,
        state=state,
        entity_id=entity_id,
        entity_type=entity_type,
        business_data=business_data or {},
        is_terminal=state in process.terminal,
    )


def begun(event: BindingBegun) -> Binding:
    """The binding that an event tells of."""
    return Binding(
        id=event.binding_id,
        process_type=event.process_type,
        version=event.version,
        state=event.state,
        stay=event.run_id,
        entity_id=event.entity_id,
        entity_type=event.entity_type,
        business_data=event.business_data,
        is_terminal=event.is_terminal,
    )
