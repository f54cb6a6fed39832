"""What is sound in a map and yet hardly meant: states that are never reached, transitions that never fire.

Each check takes time linear to the map, so that ten thousand states are checked in a second.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from antiphon.core.process.cycle import in_cycles
from antiphon.core.process.definition import ANY, StateMapDef
from antiphon.core.process.shadow import shadowed

ENGINE_TIMEOUTS = frozenset({"max_attempts_reached", "all_channels_exhausted"})  # follow-ups tell these themselves
_SPEAKING = frozenset({"enqueue_followup", "update_backend", "notify"})  # what they lead to are changes again


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A warning, and where: a path such as ("transitions", 2)."""

    path: tuple[str | int, ...]
    message: str
    other: tuple[str | int, ...] | None = None  # what it is about besides; a path, told as a line


_Check: TypeAlias = Callable[[StateMapDef], Iterator[Finding]]


def findings(process: StateMapDef) -> list[Finding]:
    """All of them."""
    return [finding for check in _CHECKS for finding in check(process)]


def _unreached_states(process: StateMapDef) -> Iterator[Finding]:
    """States that nothing leads to. Wildcards lead out of the first state already, unless it is terminal."""
    next_states: dict[str, list[str]] = {}
    for transition in process.transitions:
        for state in transition.from_states:
            next_states.setdefault(state, []).append(transition.to_state)
    reached, waiting = {process.initial_state}, [process.initial_state]
    if process.initial_state not in process.terminal:
        waiting.append(ANY)
    while waiting:
        for state in next_states.get(waiting.pop(), ()):
            if state not in reached:
                reached.add(state)
                waiting.append(state)
    for at, state in enumerate(process.states):
        if state not in reached:
            message = f"the state `{state}` is never reached from `{process.initial_state}`"
            yield Finding(path=("states", at), message=message)


def _traps(process: StateMapDef) -> Iterator[Finding]:
    """States that can never be left but are not terminal."""
    for at, state in enumerate(process.states):
        if state not in process.terminal and not process.leads_out(state):
            message = f"the state `{state}` can never be left, but is not among `terminal_states`"
            yield Finding(path=("states", at), message=message)


def _never_fired(process: StateMapDef) -> Iterator[Finding]:
    """Transitions whose every case is taken by those before them."""
    for place, first in shadowed(process):
        message = f"can never fire: `transitions[{first}]` comes first and takes all that it waits for"
        yield Finding(path=("transitions", place), message=message, other=("transitions", first))


def _unscheduled_timeouts(process: StateMapDef) -> Iterator[Finding]:
    """Timeouts that nothing schedules."""
    actions = [action for transition in process.transitions for action in transition.actions]
    scheduled = {action.check for action in actions if action.type == "schedule_check"}
    for at, transition in enumerate(process.transitions):
        trigger = transition.trigger
        if trigger.type != "timeout":
            continue
        for value in trigger.waits_for:
            if value not in ENGINE_TIMEOUTS and ("timeout", value) not in scheduled:
                field = "values" if trigger.values else "value"
                message = f"nothing schedules the timeout `{value}`; expected a `schedule_check` that fires it"
                yield Finding(path=("transitions", at, "trigger", field), message=message)


def _unheard_checks(process: StateMapDef) -> Iterator[Finding]:
    """Checks that fire what nothing waits for."""
    for at, transition in enumerate(process.transitions):
        for number, action in enumerate(transition.actions):
            if action.type == "schedule_check" and not process.index.waiting_for(*action.check):
                kind, value = action.check
                message = f"nothing waits for the {kind} `{value}` that this check fires"
                yield Finding(path=("transitions", at, "actions", number), message=message)


def _perpetual_cycles(process: StateMapDef) -> Iterator[Finding]:
    """Circles of transitions that our own actions fire, and whose actions may fire them again, without conditions."""
    moving = [
        (at, transition)
        for at, transition in enumerate(process.transitions)
        if transition.trigger.type == "action" and not transition.trigger.conditions
    ]
    edges = [(state, transition.to_state, at) for at, transition in moving for state in transition.from_states]
    edges += [(state, ANY, -1) for state in process.states if state not in process.terminal]
    for circle in in_cycles(edges):
        own = sorted({at for at in circle if at >= 0})
        speaking = [at for at in own if any(act.type in _SPEAKING for act in process.transitions[at].actions)]
        if speaking:
            states = ", ".join(f"`{process.transitions[at].to_state}`" for at in own[:5])
            message = f"may move in a circle without any outside event, through {states}; give it a condition"
            yield Finding(path=("transitions", speaking[0]), message=message)


_CHECKS: tuple[_Check, ...] = (
    _unreached_states,
    _traps,
    _never_fired,
    _unscheduled_timeouts,
    _unheard_checks,
    _perpetual_cycles,
)
