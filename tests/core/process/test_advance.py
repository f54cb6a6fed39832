"""One decision at a time, as the contract tells it; and why."""

from dataclasses import replace
from typing import Any

import pytest

from antiphon.core.process.advance import advance, advance_all, by_version
from antiphon.core.process.available import Available, available
from antiphon.core.process.binding import Binding
from antiphon.core.process.context import Context
from antiphon.core.process.decision import Move, Stay, why
from antiphon.core.process.definition import StateMapDef
from tests.core.process.maps import bind, converse, hears, state_map, way, where


def _to(process: StateMapDef, state: str, trigger: str, **context: Any) -> str | None:
    decided = advance(process, bind(process, state), hears(trigger), context)
    return decided.to_state if isinstance(decided, Move) else None


@pytest.mark.parametrize("kind", ["intent", "event", "timeout", "manual", "action"])
def test_every_type_of_trigger_moves(kind: str) -> None:
    """CV.23: through one path."""
    process = state_map(way("a", "b", f"{kind}:x"), way("a", "c", f"{kind}:y|z"), way("b", "c", kind))
    assert _to(process, "a", f"{kind}:x") == "b"
    assert _to(process, "a", f"{kind}:z") == "c"
    assert _to(process, "a", f"{kind}:w") is None
    assert _to(process, "b", f"{kind}:whatever") == "c"
    assert _to(process, "a", "intent:x" if kind != "intent" else "event:x") is None


def test_the_order_in_the_file_decides() -> None:
    process = state_map(way("a", "b", "event"), way("a", "c", "event:x"), way("*", "end", "event:x"))
    assert _to(process, "a", "event:x") == "b"
    assert _to(process, "b", "event:x") == "end"


def test_conditions_see_the_bindings_data_and_the_context() -> None:
    """The names of the context win; all conditions must hold."""
    rich = [where("amount", "gt", 100), where("extra_data.currency", "eq", "EUR")]
    process = state_map(way("a", "b", "event:paid", when=rich), way("a", "c", "event:paid"))
    binding = bind(process, business_data={"amount": "250", "contact_name": "theirs"})
    moved = advance(process, binding, hears("event:paid"), Context(extra_data={"currency": "EUR"}).facts())
    assert isinstance(moved, Move)
    assert moved.to_state == "b"
    poor = advance(process, binding, hears("event:paid"), Context(extra_data={"currency": "INR"}).facts())
    assert isinstance(poor, Move)
    assert poor.to_state == "c"
    named = state_map(way("a", "b", "event", when=[where("contact_name", "eq", "ours")]))
    assert isinstance(advance(named, binding, hears("event:x"), Context(contact_name="ours").facts()), Move)


def test_any_state_is_any_but_a_terminal_one() -> None:
    process = state_map(way("*", "b", "event:x"))
    assert [_to(process, state, "event:x") for state in process.states] == ["b", "b", "b", None]


# Why


def test_a_move_says_what_won_what_it_saw_and_what_else_there_was() -> None:
    """Promise 9."""
    process = state_map(
        way("a", "c", "event:paid", when=[where("amount", "exists"), where("amount", "gte", 1000)]),
        way("a", "b", "event:paid", when=[where("amount", "gt", 1)], description="Something was paid"),
        way("a", "end", "event"),
        version="3",
    )
    decided = advance(process, bind(process), hears("event:paid"), {"amount": 120})
    assert why(decided) == {
        "binding": "b-1",
        "process": "sample",
        "version": process.identity,
        "state": "a",
        "trigger": "event:paid",
        "to": "b",
        "transition": 1,
        "description": "Something was paid",
        "conditions": [{"field": "amount", "operator": "gt", "value": 1, "saw": 120}],
        "not": [
            {
                "transition": 0,
                "to": "c",
                "why": "not met",
                "condition": {"field": "amount", "operator": "gte", "value": 1000, "saw": 120},
            },
            {"transition": 2, "to": "end", "why": "stands later in the file"},
        ],
    }


def test_a_terminal_state_is_the_maps_to_say() -> None:
    """Whatever is remembered of the binding: promise that a terminal binding never moves."""
    process = state_map(way("*", "b", "event"))
    for ended in (replace(bind(process, "end"), is_terminal=False), replace(bind(process, "a"), is_terminal=True)):
        assert isinstance(advance(process, ended, hears("event:x"), {}), Stay)


@pytest.mark.parametrize(
    ("state", "trigger", "given", "reason"),
    [
        ("end", "event:x", {}, "terminal"),
        ("a", "event:y", {}, "unknown_trigger"),
        ("a", "intent:x", {}, "unknown_trigger"),
        ("b", "event:x", {}, "other_state"),
        ("a", "event:x", {}, "conditions"),
        ("a", "event:x", {"binding_id": "b-2"}, "other_binding"),
    ],
)
def test_staying_has_a_reason(state: str, trigger: str, given: dict[str, Any], reason: str) -> None:
    process = state_map(way("a", "b", "event:x", when=[where("amount", "gt", 1)]))
    decided = advance(process, bind(process, state), hears(trigger, **given), {})
    assert isinstance(decided, Stay)
    assert decided.reason == reason == why(decided)["stays"]
    if reason == "conditions":
        condition = {"field": "amount", "operator": "gt", "value": 1}
        assert why(decided)["not"] == [{"transition": 0, "to": "b", "why": "missing", "condition": condition}]


def test_what_was_seen_is_told_in_short() -> None:
    process = state_map(way("a", "b", "event", when=[where("text", "contains", "x"), where("list", "exists")]))
    moved = advance(process, bind(process), hears("event:e"), {"text": "x" * 5000, "list": list(range(1000))})
    assert isinstance(moved, Move)
    assert all(len(str(met["saw"])) <= 200 for met in moved.event("r").conditions_met)


def test_the_record_of_a_move() -> None:
    """CV.31: what a history record is made of."""
    process = converse("payment_collection")
    moved = advance(process, bind(process, "reminded"), hears("intent:will_check"), {})
    assert isinstance(moved, Move)
    event = moved.event("run-7")
    assert (event.from_state, event.to_state, event.trigger_type, event.trigger_value) == (
        "reminded",
        "acknowledged",
        "intent",
        "will_check",
    )
    assert (event.run_id, event.binding_id, event.version) == ("run-7", "b-1", process.identity)
    assert event.actions == ("schedule_check",)
    assert event.description == "The contact has taken note"
    assert not event.is_terminal


# Timers


def _timed() -> StateMapDef:
    check = {"type": "schedule_check", "metadata": {"check_trigger_value": "late"}}
    return state_map(
        way("a", "b", "event:go", do=[check]),
        way("b", "a", "event:back"),
        way("b", "c", "timeout:late"),
        way("*", "end", "timeout:forever"),
    )


def _after(process: StateMapDef, binding: Binding, *told: tuple[str, str]) -> Binding:
    for trigger, run_id in told:
        decided = advance(process, binding, hears(trigger), {})
        assert isinstance(decided, Move)
        binding = decided.after(run_id)
    return binding


def test_a_timer_moves_the_state_that_it_was_set_in() -> None:
    """CV.26."""
    process = _timed()
    binding = _after(process, bind(process), ("event:go", "run-1"))
    fired = hears("timeout:late", binding_id="b-1", state="b", stay="run-1")
    assert isinstance(advance(process, binding, fired, {}), Move)


def test_a_timer_of_a_state_that_was_left_matches_nothing() -> None:
    """CV.26, and it says where it was set."""
    process = _timed()
    binding = _after(process, bind(process), ("event:go", "run-1"), ("event:back", "run-2"))
    decided = advance(process, binding, hears("timeout:late", binding_id="b-1", state="b", stay="run-1"), {})
    assert isinstance(decided, Stay)
    assert decided.reason == "other_state"
    assert why(decided)["set_in"] == "b"


def test_a_timer_of_an_earlier_stay_in_the_same_state_is_late() -> None:
    """The promise of March does not make the one of May overdue."""
    process = _timed()
    binding = _after(process, bind(process), ("event:go", "run-1"), ("event:back", "run-2"), ("event:go", "run-3"))
    old = hears("timeout:late", binding_id="b-1", state="b", stay="run-1")
    decided = advance(process, binding, old, {})
    assert isinstance(decided, Stay)
    assert decided.reason == "late_timer"
    assert isinstance(advance(process, binding, hears("timeout:late", state="b", stay="run-3"), {}), Move)
    assert isinstance(advance(process, binding, hears("timeout:forever", state="b", stay="run-1"), {}), Move)


def test_a_timer_may_fire_in_a_later_state_where_something_waits_for_it() -> None:
    """A deadline over several states."""
    process = state_map(way("a", "b", "event:go"), way("b", "c", "timeout:late"))
    binding = _after(process, bind(process), ("event:go", "run-1"))
    assert isinstance(advance(process, binding, hears("timeout:late", state="a", stay="run-0"), {}), Move)


def test_a_move_to_the_same_state_is_the_same_stay() -> None:
    process = state_map(way("a", "a", "event:again"), way("a", "b", "timeout:late"))
    binding = _after(process, bind(process), ("event:again", "run-1"))
    assert binding.stay == "run-0"
    assert isinstance(advance(process, binding, hears("timeout:late", state="a", stay="run-0"), {}), Move)


# Several at once


def test_bindings_side_by_side_move_by_the_same_trigger() -> None:
    """CV.30."""
    payment, order = converse("payment_collection"), converse("order_fulfillment")
    bindings = [bind(order, "delivered", binding_id="o"), bind(payment, "overdue", binding_id="p")]
    maps = by_version([payment, order])
    complaint = advance_all(bindings, maps, hears("intent:complaint"), {})
    assert [(one.binding.id, type(one)) for one in complaint] == [("o", Move), ("p", Stay)]
    paid = advance_all(bindings, maps, hears("event:payment_received"), {})
    assert [type(one) for one in paid] == [Stay, Move]
    timer = advance_all(bindings, maps, hears("timeout:max_attempts_reached", binding_id="o"), {})
    assert [one.reason for one in timer if isinstance(one, Stay)] == ["unknown_trigger", "other_binding"]


def test_a_binding_goes_on_under_the_map_that_it_began_under() -> None:
    before, now = state_map(way("a", "b", "event:x")), state_map(way("a", "c", "event:x"))
    old, new = bind(before, binding_id="old"), bind(now, binding_id="new")
    decided = advance_all([old, new], by_version([before, now]), hears("event:x"), {})
    assert [one.to_state for one in decided if isinstance(one, Move)] == ["b", "c"]
    (forgotten,) = advance_all([old], by_version([now]), hears("event:x"), {})
    assert isinstance(forgotten, Stay)
    assert forgotten.reason == "no_map"


# The process of the contract, from end to end


@pytest.mark.parametrize(
    ("walk", "end"),
    [
        ("action:outreach_sent intent:paid", "confirmed"),
        ("action:outreach_sent intent:understood timeout:no_payment_48h event:payment_received", "confirmed"),
        ("action:outreach_sent intent:will_pay timeout:promise_check", "overdue"),
        ("event:partial_payment_received intent:dispute manual:close", "closed"),
        ("timeout:max_attempts_reached event:payment_received", "confirmed"),
        ("action:outreach_sent intent:acknowledged intent:paying_soon timeout:no_payment_48h", "promised"),
        ("intent:will_pay", "pending"),
        ("manual:close event:payment_received", "closed"),
    ],
)
def test_payment_collection(walk: str, end: str) -> None:
    """CV.24, CV.25, CV.26, CV.27, CV.29: intents, events, timeouts and our own outreach move it."""
    process = converse("payment_collection")
    binding = bind(process)
    for number, told in enumerate(walk.split()):
        decided = advance(process, binding, hears(told), {})
        binding = decided.after(f"run-{number}") if isinstance(decided, Move) else binding
    assert binding.state == end
    assert binding.is_terminal == (end in ("confirmed", "closed"))


def test_what_could_happen_next() -> None:
    """CV.10."""
    process = state_map(way("a", "b", "intent:x|y", when=[where("n", "gt", 1)]), way("*", "end", "manual"))
    assert available(process, "a") == (
        Available(trigger="intent:x|y", to_state="b", description="", conditional=True),
        Available(trigger="manual", to_state="end", description="", conditional=False),
    )
    assert [one.to_state for one in available(process, "b")] == ["end"]
    assert available(process, "end") == ()
