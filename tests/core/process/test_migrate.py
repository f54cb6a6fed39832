"""What would become of open bindings under another map."""

from antiphon.core.conversation import fold
from antiphon.core.process.advance import advance
from antiphon.core.process.binding import begin
from antiphon.core.process.decision import Move
from antiphon.core.process.migrate import Migration, Stuck, plan
from tests.core.process.maps import bind, converse, hears, state_map, way

BEFORE = state_map(way("*", "b", "event:x"), way("b", "end", "event:stop"))
NOW = state_map(way("a", "b", "event:x"), states=["a", "b", "d", "end"], terminal_states=["end", "b"], version="2")


def test_a_plan_says_what_moves_where_and_what_cannot() -> None:
    at = {state: bind(BEFORE, state, binding_id=state) for state in ("a", "b", "c")}
    planned = plan(at.values(), NOW)
    assert planned.moves == (
        Migration(binding=at["a"], version=NOW.identity, to_state="a", ends=False),
        Migration(binding=at["b"], version=NOW.identity, to_state="b", ends=True),
    )
    assert planned.stuck == (Stuck(binding=at["c"], state="c", reason="state_gone"),)


def test_a_state_may_have_another_name() -> None:
    planned = plan([bind(BEFORE, "c")], NOW, renamed={"c": "a"})
    assert [one.to_state for one in planned.moves] == ["a"]


def test_a_state_without_a_way_out_is_no_place_to_go() -> None:
    planned = plan([bind(BEFORE, "c")], NOW, renamed={"c": "d"})
    assert [(one.state, one.reason) for one in planned.stuck] == [("d", "nothing_leads_out")]


def test_what_is_there_already_has_ended_or_is_another_process_is_left_alone() -> None:
    there, ended, other = bind(NOW), bind(BEFORE, "end"), bind(converse("feedback_collection"))
    planned = plan([there, ended, other], NOW)
    assert (planned.moves, planned.stuck, planned.unchanged) == ((), (), (there,))


def test_after_it_is_on_record_the_binding_goes_on_under_the_map() -> None:
    begun = begin(BEFORE, run_id="run-0", binding_id="b-1")
    (move,) = plan(fold([begun]).bindings, NOW).moves
    (binding,) = fold([begun, move.event("run-1")]).bindings
    assert isinstance(advance(NOW, binding, hears("event:x"), {}), Move)
    assert plan([binding], NOW).unchanged == (binding,)
