"""(k) The decision of a process alone, as pure as it is, with everything that explains it."""

from time import perf_counter
from typing import Any

from antiphon.core.process.advance import advance
from antiphon.core.process.binding import Binding, begin, begun
from antiphon.core.process.decision import Move
from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.trigger import Trigger
from bench.line import Line
from bench.run import Run

BATCH = 200  # rounds between two looks at the clock
STATES = 10  # each with four transitions of its own; ten more lead out of any state
CONTEXT = {"attempt_count": 2, "conversation_status": "active", "extra_data": {"amount": 120}}


def measure(run: Run) -> list[Line]:
    """Decisions per second over moves with and without conditions, stays, and triggers that nobody waits for."""
    process = StateMapDef.model_validate(_map())
    cases = [
        ("s0", Trigger(type="event", value="paid")),
        ("s3", Trigger(type="intent", value="promised")),  # three transitions wait, the last one is made
        ("s5", Trigger(type="timeout", value="late_5")),
        ("s7", Trigger(type="timeout", value="late_5")),  # of a state that was left
        ("s8", Trigger(type="manual", value="close_4")),  # from any state
        ("s9", Trigger(type="event", value="unheard")),
    ]
    waiting = [(_binding(process, state), trigger) for state, trigger in cases]
    moves = [isinstance(advance(process, *case, CONTEXT), Move) for case in waiting]
    assert moves == [True, True, True, False, True, False]
    decisions, began = 0, perf_counter()
    while (taken := perf_counter() - began) < run.seconds:
        for _ in range(BATCH):
            for binding, trigger in waiting:
                advance(process, binding, trigger, CONTEXT)
        decisions += BATCH * len(waiting)
    label = f"six kinds of triggers, {len(process.transitions)} transitions"
    return [Line(key="k.decide", label=label, value=decisions / taken, unit="/s")]


def _binding(process: StateMapDef, state: str) -> Binding:
    data = {"amount": "250", "days_overdue": 9}
    return begun(begin(process, run_id="r", binding_id="b", initial_state=state, business_data=data))


def _map() -> dict[str, Any]:
    transitions: list[dict[str, Any]] = []
    for number in range(STATES):
        state, after = f"s{number}", f"s{(number + 1) % STATES}"
        rich = [{"field": "days_overdue", "operator": "gt", "value": 14}]
        late = [
            {"field": "days_overdue", "operator": "gt", "value": 7},
            {"field": "amount", "operator": "gte", "value": 1000},
        ]
        asked = [{"field": "attempt_count", "operator": "lte", "value": 3}]
        transitions += [
            _way(state, "done", {"type": "event", "value": "paid"}),
            _way(state, after, {"type": "intent", "values": ["promised", "later"], "conditions": rich}),
            _way(state, after, {"type": "intent", "values": ["promised", "soon"], "conditions": [*late, *asked]}),
            _way(state, after, {"type": "timeout", "value": f"late_{number}"}),
        ]
    transitions += [_way("*", "done", {"type": "manual", "value": f"close_{number}"}) for number in range(9)]
    transitions.append(_way("*", "s0", {"type": "intent", "value": "promised"}))
    states = [*(f"s{number}" for number in range(STATES)), "done"]
    return {
        "process_type": "sample",
        "states": states,
        "initial_state": "s0",
        "terminal_states": ["done"],
        "transitions": transitions,
    }


def _way(source: str, to: str, trigger: dict[str, Any]) -> dict[str, Any]:
    return {"from_states": [source], "to_state": to, "trigger": trigger}
