"""Maps as drawings."""

from antiphon.core.process.drawing import drawn
from tests.core.process.maps import state_map, way, where


def test_a_map_is_drawn() -> None:
    process = state_map(
        way("a", "b", "intent:yes|ok", do=[{"type": "notify"}]),
        way("a b", "c", "event:x", when=[where("amount", "gt", 1)]),
        way("*", "end", "manual"),
    )
    assert drawn(process) == (
        "---\ntitle: sample\n---\nstateDiagram-v2\n"
        "    end_ : end\n"
        "    any_state : any state\n"
        "    [*] --> a\n"
        "    a --> b : intent yes or ok / notify\n"
        "    a --> c : event x if amount\n"
        "    b --> c : event x if amount\n"
        "    any_state --> end_ : manual\n"
        "    end_ --> [*]\n"
    )


def test_a_transition_from_every_state_is_drawn_once() -> None:
    assert "    any_state --> b : event x\n" in drawn(state_map(way("a b c", "b", "event:x")))


def test_a_box_is_drawn_for_any_state_only_when_one_is_needed() -> None:
    assert "any_state" not in drawn(state_map(way("a", "b", "event:x")))


def test_what_would_break_the_drawing_is_written_otherwise() -> None:
    label = drawn(state_map(way("a", "b", 'event:order:"new"; <b>\n#1')))
    assert "    a --> b : event order#58;#34;new#34;#59; #60;b#62; #35;1\n" in label


def test_a_state_may_be_named_like_the_box_for_any() -> None:
    process = state_map(way("*", "any_state", "event"), states=["a", "any_state"], terminal_states=[])
    assert "    any_state_ --> any_state : event\n" in drawn(process)
