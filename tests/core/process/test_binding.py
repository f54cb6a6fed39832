"""Bindings in the state of a conversation."""

import pytest

from antiphon.core.conversation import Conversation, fold
from antiphon.core.errors import BindingsFull, StateUnknown
from antiphon.core.event import BindingMigrated, BindingMoved, ConversationEscalated, ConversationResolved
from antiphon.core.process.advance import advance
from antiphon.core.process.binding import MAX_OPEN, begin
from antiphon.core.process.decision import Move
from antiphon.core.process.definition import StateMapDef
from tests.core.process.maps import bind, hears, state_map, way

PROCESS = state_map(way("a", "b", "event:go"), way("b", "end", "event:stop"))


def _moved(process: StateMapDef, state: str, trigger: str, run_id: str) -> BindingMoved:
    decided = advance(process, bind(process, state), hears(trigger), {})
    assert isinstance(decided, Move)
    return decided.event(run_id)


def test_a_binding_begins_moves_and_is_forgotten_when_it_ends() -> None:
    begun = begin(PROCESS, run_id="run-0", binding_id="b-1", entity_id="INV-1", business_data={"amount": 1})
    state = fold([begun])
    assert [(one.state, one.stay, one.entity_id) for one in state.bindings] == [("a", "run-0", "INV-1")]
    state = fold([_moved(PROCESS, "a", "event:go", "run-1")], state)
    assert [(one.state, one.stay, one.business_data) for one in state.bindings] == [("b", "run-1", {"amount": 1})]
    assert fold([_moved(PROCESS, "b", "event:stop", "run-2")], state) == Conversation()


def test_a_binding_may_begin_elsewhere_but_in_no_unknown_state() -> None:
    """CV.9."""
    assert begin(PROCESS, run_id="r", binding_id="b", initial_state="b").state == "b"
    with pytest.raises(StateUnknown, match="no state x in the process sample"):
        begin(PROCESS, run_id="r", binding_id="b", initial_state="x")


def test_one_that_begins_at_its_end_is_not_open() -> None:
    begun = begin(PROCESS, run_id="r", binding_id="b", initial_state="end")
    assert begun.is_terminal
    assert fold([begun]).bindings == ()


def test_a_conversation_has_so_many_open_bindings_and_no_more() -> None:
    """Promise 10: its state is of constant size."""
    others = [bind(PROCESS, binding_id=f"b-{number}") for number in range(MAX_OPEN)]
    assert begin(PROCESS, run_id="r", binding_id="b", open_bindings=others[1:]).state == "a"
    with pytest.raises(BindingsFull, match="100 open bindings"):
        begin(PROCESS, run_id="r", binding_id="b", open_bindings=others)


def test_a_move_to_the_same_state_is_the_same_stay() -> None:
    process = state_map(way("a", "a", "event:again"))
    (binding,) = fold(
        [begin(process, run_id="run-0", binding_id="b-1"), _moved(process, "a", "event:again", "run-1")]
    ).bindings
    assert binding.stay == "run-0"


def test_others_stay_as_they_are_and_in_their_order() -> None:
    begun = [begin(PROCESS, run_id="r", binding_id=name) for name in ("b-0", "b-1", "b-2")]
    state = fold([*begun, _moved(PROCESS, "a", "event:go", "run-1")])
    assert [(one.id, one.state) for one in state.bindings] == [("b-0", "a"), ("b-1", "b"), ("b-2", "a")]


def test_a_migrated_binding_keeps_its_stay() -> None:
    """And with it the timers that are running."""
    migrated = BindingMigrated(
        run_id="run-9",
        binding_id="b-1",
        process_type="sample",
        from_version=PROCESS.identity,
        to_version="2+x",
        from_state="a",
        to_state="begun",
    )
    (binding,) = fold([begin(PROCESS, run_id="run-0", binding_id="b-1"), migrated]).bindings
    assert (binding.version, binding.state, binding.stay) == ("2+x", "begun", "run-0")


def test_a_move_of_a_binding_that_was_erased_does_nothing() -> None:
    assert fold([_moved(PROCESS, "a", "event:go", "run-1")]) == Conversation()


def test_a_process_resolves_and_escalates_the_conversation() -> None:
    """CV.28."""
    escalated = ConversationEscalated(run_id="r", binding_id="b", reason="late")
    resolved = ConversationResolved(run_id="r", binding_id="b", reason="paid")
    assert fold([escalated]).status == "escalated"
    assert fold([escalated, resolved]).status == "resolved"
