"""Random maps under random changes hold the promises: 6 (the same log, the same state) and 9 (decisions explain)."""

import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.conversation import Conversation, fold, from_facts, to_facts
from antiphon.core.event import Event, decode, encode, kind_of
from antiphon.core.names import Facts
from antiphon.core.process.advance import advance, advance_all, by_version
from antiphon.core.process.binding import Binding, begin
from antiphon.core.process.decision import Move, Stay, why
from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.findings import findings
from antiphon.core.process.trigger import Trigger
from tests.core.process import maps as random
from tests.core.process.maps import bind, hears

changes = st.lists(st.tuples(random.triggers, random.data), max_size=15)


# A second implementation, as plain as the contract's words


def _naive(process: StateMapDef, state: str, trigger: Trigger, data: Facts) -> int | None:
    """The place of the first transition that matches, or None."""
    if state in process.terminal_states or trigger.binding_id not in (None, "b-1"):
        return None
    for place, transition in enumerate(process.transitions):
        wanted = transition.trigger
        if "*" not in transition.from_states and state not in transition.from_states:
            continue
        if wanted.type != trigger.type or (wanted.waits_for and trigger.value not in wanted.waits_for):
            continue
        if all(_true(each.field, each.operator, each.value, data) for each in wanted.conditions):
            return place
    return None


COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "eq": lambda found, value: found == value,
    "neq": lambda found, value: found != value,
    "gt": lambda found, value: found > value,
    "gte": lambda found, value: found >= value,
    "lt": lambda found, value: found < value,
    "lte": lambda found, value: found <= value,
    "in": lambda found, value: found in value,
    "contains": lambda found, value: value in found,
    "regex": lambda found, value: re.search(value, found),
}


def _true(field: str, operator: str, value: Any, data: Facts) -> bool:
    found: Any = data
    for part in field.split("."):
        if not isinstance(found, dict) or part not in found:
            return operator == "not_exists"
        found = found[part]
    if operator in ("exists", "not_exists"):
        return (found is not None) == (operator == "exists")
    try:
        if isinstance(value, int) and isinstance(found, str) and operator not in ("in", "contains", "regex"):
            found = float(found)
        return bool(COMPARED[operator](found, value))
    except (TypeError, ValueError):
        return False


@given(random.maps(), st.sampled_from(random.STATES), random.triggers, random.data, random.data)
def test_the_first_match_in_the_file_wins(
    process: StateMapDef, state: str, trigger: Trigger, own: Facts, context: Facts
) -> None:
    """CV.23 and CV.45: as the plain implementation says, over the binding's data and the context."""
    binding = bind(process, state, business_data=own)
    expected = _naive(process, state, trigger, {**own, **context})
    decided = advance(process, binding, trigger, context)
    assert (decided.place if isinstance(decided, Move) else None) == expected


@given(random.maps(), changes)
def test_a_terminal_state_is_never_left_and_a_state_is_one_of_the_map(
    process: StateMapDef, happened: list[tuple[Trigger, Facts]]
) -> None:
    binding = bind(process)
    for number, (trigger, data) in enumerate(happened):
        decided = advance(process, binding, trigger, data)
        if binding.state in process.terminal:
            assert isinstance(decided, Stay)
            assert decided.reason == "terminal"
        if isinstance(decided, Move):
            assert decided.binding == binding
            binding = decided.after(f"run-{number}")
            assert binding.state == decided.to_state
            assert binding.state in process.states
            assert binding.is_terminal == (binding.state in process.terminal)


@given(random.maps(), st.sampled_from(random.STATES), random.triggers, random.data)
def test_the_same_question_has_the_same_answer(process: StateMapDef, state: str, trigger: Trigger, data: Facts) -> None:
    """Also from the map as it is read anew."""
    again = StateMapDef.model_validate_json(process.model_dump_json())
    assert again.identity == process.identity
    binding = bind(process, state)
    assert advance(process, binding, trigger, data) == advance(again, binding, trigger, data)


@given(random.maps(), st.sampled_from(random.STATES), st.sampled_from(random.TYPES), st.text(max_size=10), random.data)
def test_no_trigger_is_an_error(process: StateMapDef, state: str, kind: str, value: str, data: Facts) -> None:
    decided = advance(process, bind(process, state), hears(f"{kind}:{value}"), data)
    assert json.loads(json.dumps(why(decided))) == why(decided)


@given(random.maps(), st.sampled_from(random.STATES), random.triggers, random.data)
def test_a_decision_names_all_that_was_considered(
    process: StateMapDef, state: str, trigger: Trigger, data: Facts
) -> None:
    """Promise 9: every transition that waits for the trigger here either wins, or is told with why not."""
    decided = advance(process, bind(process, state), trigger, data)
    if isinstance(decided, Stay) and decided.reason != "conditions":
        assert decided.considered == ()
        return
    waiting = {
        place
        for place, transition in enumerate(process.transitions)
        if (transition.from_any or state in transition.from_states)
        and transition.trigger.type == trigger.type
        and trigger.value in (transition.trigger.waits_for or (trigger.value,))
    }
    told = {considered.place for considered in decided.considered}
    won = {decided.place} if isinstance(decided, Move) else set()
    assert told | won == waiting
    assert not told & won
    for considered in decided.considered:
        assert (considered.why_not == "conditions") == bool(considered.looked)
        assert not considered.looked or not considered.looked[-1].held


# Promise 6


def _play(process: StateMapDef, happened: list[tuple[Trigger, Facts]]) -> tuple[list[Event], list[Binding]]:
    """A log of two bindings, with the bindings as they were carried along."""
    log: list[Event] = [begin(process, run_id="run-0", binding_id=name) for name in ("b-1", "b-2")]
    carried = [bind(process, binding_id=name) for name in ("b-1", "b-2")]
    for number, (trigger, data) in enumerate(happened):
        run_id = f"run-{number + 1}"
        for at, decided in enumerate(advance_all(carried, by_version([process]), trigger, data)):
            if isinstance(decided, Move):
                log.append(decided.event(run_id))
                carried[at] = decided.after(run_id)
    return log, [binding for binding in carried if not binding.is_terminal]


@given(random.maps(), changes)
def test_the_log_folds_to_the_bindings_that_are_open(
    process: StateMapDef, happened: list[tuple[Trigger, Facts]]
) -> None:
    """Promises 6 and 10: however the log is stored and cut; those that have ended leave the state."""
    log, carried = _play(process, happened)
    stored = [decode(kind_of(event), encode(event)) for event in log]
    state = fold(stored)
    assert list(state.bindings) == carried
    assert _play(process, happened)[0] == log
    cut = from_facts(json.loads(json.dumps(to_facts(fold(stored[: len(stored) // 2])))))
    assert fold(stored[len(stored) // 2 :], cut) == state


@given(random.maps())
def test_any_map_can_be_looked_through(process: StateMapDef) -> None:
    for finding in findings(process):
        assert finding.path[0] in ("states", "transitions")


@given(random.maps(), st.sampled_from(random.STATES), changes)
def test_what_is_said_never_to_fire_never_fires(
    process: StateMapDef, state: str, happened: list[tuple[Trigger, Facts]]
) -> None:
    """The warnings are true: on no data, in no state."""
    said = findings(process)
    dead = {finding.path[1] for finding in said if "can never fire" in finding.message}
    unreached = {process.states[int(one.path[1])] for one in said if "never reached" in one.message}
    trapped = {process.states[int(one.path[1])] for one in said if "can never be left" in one.message}
    for trigger, context in happened:
        decided = advance(process, bind(process, state), trigger, context)
        if isinstance(decided, Move):
            assert decided.place not in dead
            assert state not in trapped or decided.to_state == state
    walked = bind(process)
    for trigger, context in happened:
        decided = advance(process, walked, trigger, context)
        walked = decided.after("run") if isinstance(decided, Move) else walked
        assert walked.state not in unreached


def test_years_of_bindings_that_ended_leave_nothing_behind() -> None:
    """Promise 10."""
    process = random.converse("payment_collection")
    state = Conversation()
    for number in range(200):
        opened = begin(process, run_id="r", binding_id=f"b-{number}", business_data={"text": "x" * 1000})
        state = fold([opened], state)
        moves = advance_all(state.bindings, by_version([process]), hears("event:payment_received"), {})
        state = fold([move.event("r") for move in moves if isinstance(move, Move)], state)
    assert state == Conversation()
