"""Where a process goes next: the first transition in the file that matches (CV.23).

Pure: the same map, binding, trigger and context give the same decision.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from antiphon.core.condition import Condition, holds_of, is_missing, look_up
from antiphon.core.names import Facts
from antiphon.core.process.binding import Binding
from antiphon.core.process.context import data_of
from antiphon.core.process.decision import Considered, Looked, Move, Stay
from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.index import Rule
from antiphon.core.process.trigger import Trigger

Maps: TypeAlias = Mapping[tuple[str, str], StateMapDef]  # by process type and version


def advance(process: StateMapDef, binding: Binding, trigger: Trigger, context: Facts) -> Move | Stay:
    """The move of one binding, or why it stays. Conditions see its own data and the context, whose names win.

    A timer counts in whatever state the binding is when it fires; in one where nothing waits for it, it does nothing.
    One set in an earlier stay in the same state is late: the stay of today has timers of its own. Only a transition
    from any state does not care.
    """
    if binding.is_terminal or binding.state in process.terminal:
        return Stay(binding=binding, trigger=trigger, reason="terminal")
    if trigger.binding_id not in (None, binding.id):
        return Stay(binding=binding, trigger=trigger, reason="other_binding")
    waiting = process.index.waiting_for(trigger.type, trigger.value)
    if not waiting:
        return Stay(binding=binding, trigger=trigger, reason="unknown_trigger")
    state = binding.state
    here = [rule for rule in waiting if rule.sources is None or state in rule.sources]
    if not here:
        return Stay(binding=binding, trigger=trigger, reason="other_state")
    if _is_late(trigger, binding):
        here = [rule for rule in here if rule.sources is None]
        if not here:
            return Stay(binding=binding, trigger=trigger, reason="late_timer")
    return _first(process, binding, trigger, here, context)


def advance_all(bindings: Iterable[Binding], maps: Maps, trigger: Trigger, context: Facts) -> tuple[Move | Stay, ...]:
    """What a trigger does to each binding of a conversation, in their order (CV.30).

    Each decides on the same context, so that the order matters to the log and the effects alone.
    """
    return tuple(_by_version(binding, maps, trigger, context) for binding in bindings)


def by_version(processes: Iterable[StateMapDef]) -> dict[tuple[str, str], StateMapDef]:
    """The maps as `advance_all` takes them."""
    return {(process.process_type, process.identity): process for process in processes}


def _by_version(binding: Binding, maps: Maps, trigger: Trigger, context: Facts) -> Move | Stay:
    process = maps.get((binding.process_type, binding.version))
    if process is None:
        return Stay(binding=binding, trigger=trigger, reason="no_map")
    return advance(process, binding, trigger, context)


def _is_late(trigger: Trigger, binding: Binding) -> bool:
    return trigger.stay is not None and trigger.state == binding.state and trigger.stay != binding.stay


def _first(process: StateMapDef, binding: Binding, trigger: Trigger, rules: list[Rule], context: Facts) -> Move | Stay:
    data = data_of(binding.business_data, context) if any(rule.conditions for rule in rules) else context
    considered: list[Considered] = []
    for at, rule in enumerate(rules):
        looked = tuple(_looked(rule.conditions, data)) if rule.conditions else ()
        if looked and not looked[-1].held:
            considered.append(_passed_over(rule, "conditions", looked))
            continue
        considered += [_passed_over(later, "later") for later in rules[at + 1 :]]
        return Move(
            binding=binding,
            trigger=trigger,
            place=rule.place,
            transition=rule.transition,
            is_terminal=rule.transition.to_state in process.terminal,
            looked=looked,
            considered=tuple(considered),
        )
    return Stay(binding=binding, trigger=trigger, reason="conditions", considered=tuple(considered))


def _passed_over(rule: Rule, why_not: Literal["conditions", "later"], looked: tuple[Looked, ...] = ()) -> Considered:
    return Considered(place=rule.place, transition=rule.transition, why_not=why_not, looked=looked)


def _looked(conditions: tuple[Condition, ...], data: Facts) -> Iterator[Looked]:
    """What each condition saw, up to the first that does not hold."""
    for condition in conditions:
        found = look_up(condition.field, data)
        held, missing = holds_of(condition, found), is_missing(found)
        yield Looked(condition=condition, saw=None if missing else found, missing=missing, held=held)
        if not held:
            return
