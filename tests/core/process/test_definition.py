"""A map that exists is sound, and is told apart from every other."""

from typing import Any

import pytest
from pydantic import ValidationError

from antiphon.core.process.definition import StateMapDef
from tests.core.process.maps import converse, state_map, way, where


def _told(**given: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        state_map(**given)
    return str(refused.value)


@pytest.mark.parametrize(
    ("transition", "told"),
    [
        (way("x", "b", "event"), "there is no state `x`"),
        (way("a", "x", "event"), "there is no state `x`"),
        (way("end", "b", "event"), "`end` is terminal; nothing leads out of it"),
        (way("* end", "b", "event"), "`end` is terminal"),
        (way("a", "b", "weather"), "Input should be 'intent', 'event', 'timeout', 'manual' or 'action'"),
        (way("a", "b", "event", do=[{"type": "dance"}]), "Input should be 'enqueue_followup'"),
        (way("a", "b", "event", when=[where("x", "almost")]), "Input should be 'eq'"),
        (way("a", "b", "event", when=[where("x", "regex", "(")]), "the pattern cannot be used"),
        (way("a", "b", "event", do=[{"type": "notify", "delay_minutes": -1}]), "greater than or equal to 0"),
        (way("a", "b", "event", do=[{"type": "notify", "delay_minutes": 10**9}]), "less than or equal to"),
        (way("a", "b", "event", do=[{"type": "notify", "channel_priority": ["fax"]}]), "Input should be 'chat'"),
        (
            way("a", "b", "event", do=[{"type": "schedule_check", "metadata": {"check_trigger_type": "dream"}}]),
            "a check cannot fire `dream`",
        ),
        ({**way("a", "b", "event"), "if": "x"}, "Extra inputs are not permitted"),
        ({**way("", "b", "event")}, "at least 1 item"),
    ],
)
def test_a_transition_that_cannot_be_is_refused(transition: dict[str, Any], told: str) -> None:
    """CV.21: an unknown state, operator or action type is refused when the map is loaded."""
    with pytest.raises(ValidationError) as refused:
        state_map(transition)
    assert told in str(refused.value)


def test_a_map_that_cannot_be_is_refused() -> None:
    assert "there is no state `x`" in _told(initial_state="x")
    assert "there is no state `x`" in _told(terminal_states=["x"])
    assert "the state `a` stands twice" in _told(states=["a", "b", "c", "end", "a"])
    assert "at least 1 item" in _told(states=[])
    assert "Extra inputs" in _told(owner="Ann")


def test_value_and_values_are_one_or_the_other() -> None:
    both = {"type": "event", "value": "x", "values": ["y"]}
    with pytest.raises(ValidationError, match="not both"):
        state_map({"from_states": ["a"], "to_state": "b", "trigger": both})


def test_bindings_are_pinned_to_what_a_map_says() -> None:
    """The version for people, the digest for us: a map that was edited without a new version is another one."""
    first, same, other = state_map(), state_map(description=""), state_map(way("a", "b", "event:x"))
    assert first.identity == same.identity != other.identity
    named = state_map(version="2")
    assert named.identity == f"2+{first.digest}"
    assert first.identity == first.digest


def test_the_identity_is_kept_across_releases() -> None:
    """A binding of a year ago is pinned to it; a change here strands every open binding."""
    assert state_map(way("a", "b", "event:x", when=[where("n", "gt", 1)])).identity == "d74f82d900cc"


def test_payment_collection_has_the_states_and_delays_of_the_contract() -> None:
    """CV.29."""
    process = converse("payment_collection")
    active = {"pending", "reminded", "acknowledged", "promised", "partial_paid", "overdue", "escalated"}
    assert process.known == active | {"confirmed", "closed"}
    assert process.initial_state == "pending"
    assert process.terminal == {"confirmed", "closed"}
    checks = {
        (transition.to_state, action.check, action.delay_minutes)
        for transition in process.transitions
        for action in transition.actions
        if action.type == "schedule_check"
    }
    assert checks == {
        ("acknowledged", ("timeout", "no_payment_48h"), 2880),
        ("promised", ("timeout", "promise_check"), 4320),
    }


def test_the_other_maps_have_the_states_of_the_contract() -> None:
    orders, feedback = converse("order_fulfillment"), converse("feedback_collection")
    on_the_way = ["placed", "confirmed", "processing", "shipped", "delivered", "issue_reported"]
    assert orders.states == (*on_the_way, "resolved", "cancelled")
    assert orders.terminal == {"resolved", "cancelled"}
    assert feedback.states == ("requested", "received", "processed")


def test_a_map_reads_like_the_contract() -> None:
    """CV.6: the shape that callers get is the shape that is written."""
    fields = StateMapDef.model_json_schema()
    assert {
        "process_type",
        "description",
        "states",
        "initial_state",
        "terminal_states",
        "metadata",
        "transitions",
    } <= set(fields["properties"])
    transition = fields["$defs"]["TransitionDef"]["properties"]
    assert set(transition) == {"from_states", "to_state", "description", "trigger", "actions"}
    assert set(fields["$defs"]["TriggerDef"]["properties"]) == {"type", "value", "values", "conditions"}
    assert set(fields["$defs"]["ActionDef"]["properties"]) == {
        "type",
        "template",
        "channel_priority",
        "delay_minutes",
        "backend_endpoint",
        "backend_payload",
        "priority",
        "metadata",
    }
