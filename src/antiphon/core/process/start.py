"""How a process starts: the binding, the first message about it, and what is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from antiphon.core.change import BINDING, Change
from antiphon.core.effect import effect_key
from antiphon.core.errors import BindingsFull, ProcessUnknown, StateUnknown
from antiphon.core.event import BindingBegun, BusinessContextSet, ConversationEscalated, Event
from antiphon.core.names import Facts, Moment, RunId
from antiphon.core.process.action import FOLLOW_UP_CHANNELS
from antiphon.core.process.binding import Binding, begin
from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.proposed import Alert, FollowUp, effects_of
from antiphon.core.process.reaction import AGENT, NODE, Reaction, stayed
from antiphon.core.step import Step


def start(
    change: Change,
    processes: Mapping[str, StateMapDef],
    open_bindings: Sequence[Binding],
    *,
    run_id: RunId,
    now: Moment,
) -> Reaction:
    """What a change of the kind `begin` comes to.

    Its data may hold `binding_id`, `entity_id`, `entity_type`, `business_data`, `initial_state`, `context_key`,
    `follow_up`, `business_context`, and `alert`, which escalates. With `context_key`, a process that goes on about
    the same is not begun again.
    """
    twin = _twin(change, open_bindings) if "context_key" in change.data else None
    if twin:
        why = {"duplicate_of": twin.id, "context_key": change.data["context_key"], "process": twin.process_type}
        return Reaction(facts={"duplicate": twin.id}, steps=(stayed("it goes on already", why),))
    try:
        begun = _begun(change, processes, open_bindings, run_id)
    except (ProcessUnknown, StateUnknown, BindingsFull) as refusal:
        said = str(refusal)
        return Reaction(facts={"refused": said}, steps=(stayed(said, {"refused": said}),))
    return _started(change, begun, run_id, now)


def _twin(change: Change, open_bindings: Sequence[Binding]) -> Binding | None:
    """A binding of the same process about the same: the same context key, or the same entity."""
    key, entity = change.data["context_key"], (change.data.get("entity_type"), change.data.get("entity_id"))
    for binding in open_bindings:
        same_key = key is not None and str(binding.business_data.get("id", "")) == key
        same_entity = entity[1] is not None and (binding.entity_type, binding.entity_id) == entity
        if binding.process_type == change.value and (same_key or same_entity):
            return binding
    return None


def _begun(
    change: Change, processes: Mapping[str, StateMapDef], open_bindings: Sequence[Binding], run_id: RunId
) -> BindingBegun | None:
    """The event of the new binding; None where no process is named, and somebody is only written to.

    Raises:
        ProcessUnknown, StateUnknown, BindingsFull: it cannot be begun.
    """
    if not change.value:
        return None
    if change.value not in processes:
        raise ProcessUnknown(name=change.value)
    data = change.data
    return begin(
        processes[change.value],
        run_id=run_id,
        binding_id=data[BINDING],
        open_bindings=open_bindings,
        entity_id=data.get("entity_id"),
        entity_type=data.get("entity_type"),
        business_data=data.get("business_data"),
        initial_state=data.get("initial_state"),
    )


def _started(change: Change, begun: BindingBegun | None, run_id: RunId, now: Moment) -> Reaction:
    data, binding_id = change.data, begun.binding_id if begun else None
    events: list[Event] = [begun] if begun else []
    told: dict[str, Any] = {"binding_id": binding_id} if binding_id else {}
    promised: list[FollowUp | Alert] = []
    if context := data.get("business_context"):
        events.append(BusinessContextSet(run_id=run_id, data=context))
    if wanted := data.get("follow_up"):
        promised.append(_first_message(wanted, data, begun, now))
        told["followup_id"] = effect_key(run_id, 0)
    if alert := data.get("alert"):
        events.append(ConversationEscalated(run_id=run_id, binding_id=binding_id or "", reason=alert["message"]))
        promised.append(Alert(binding_id=binding_id or "", due_at=now, **alert))
    return Reaction(
        events=tuple(events),
        effects=tuple(replace(one, binding_id=binding_id) for one in effects_of(promised)),
        facts=told,
        steps=(Step(node=NODE, agent=AGENT, action="begun", output=change.value, why={**told, **_asked(data)}),),
    )


def _asked(data: Facts) -> dict[str, Any]:
    """Who wanted it, and about what."""
    names = ("rule_id", "why", "entity_type", "entity_id", "context_key")
    return {name: data[name] for name in names if data.get(name) is not None}


def _first_message(wanted: Facts, data: Facts, begun: BindingBegun | None, now: Moment) -> FollowUp:
    position = {
        "process_type": begun.process_type if begun else None,
        "entity_id": data.get("entity_id"),
        "entity_type": data.get("entity_type"),
        "new_state": begun.state if begun else None,
        "previous_state": None,
    }
    return FollowUp(
        binding_id=begun.binding_id if begun else "",
        rule_id=wanted["rule_id"],
        due_at=now + timedelta(minutes=wanted.get("delay_minutes", 0)),
        template=wanted.get("template"),
        channels=tuple(wanted.get("channels") or FOLLOW_UP_CHANNELS),
        priority=wanted.get("priority", "medium"),
        business_context={**data.get("business_data", {}), **position},
        metadata=wanted.get("metadata", {}),
    )
