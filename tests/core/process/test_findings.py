"""What is sound and yet hardly meant."""

from itertools import pairwise
from typing import Any

import pytest

from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.findings import findings
from tests.core.process.maps import converse, state_map, way, where

OUT = way("a b c", "end", "manual:close")
ASK = {"type": "enqueue_followup"}
CHECK = {"type": "schedule_check", "metadata": {"check_trigger_value": "late"}}
RICH, RICHER, AT_LEAST = where("amount", "gt", 10), where("amount", "gt", 20), where("amount", "gte", 10)


def _told(process: StateMapDef) -> list[tuple[tuple[str | int, ...], str]]:
    return [(finding.path, finding.message) for finding in findings(process)]


@pytest.mark.parametrize("name", ["payment_collection", "order_fulfillment", "feedback_collection"])
def test_the_maps_of_the_contract_are_meant(name: str) -> None:
    assert _told(converse(name)) == []


def test_a_state_that_is_never_reached() -> None:
    told = _told(state_map(way("a", "b", "event:x"), OUT))
    assert told == [(("states", 2), "the state `c` is never reached from `a`")]


def test_a_wildcard_reaches() -> None:
    assert _told(state_map(way("*", "b", "event:x"), way("b", "c", "event:y"), OUT)) == []


def test_nothing_is_reached_from_an_end() -> None:
    told = _told(state_map(way("*", "a", "event:x"), OUT, initial_state="end"))
    assert [path for path, _ in told] == [("states", 0), ("states", 1), ("states", 2)]


def test_a_state_that_can_never_be_left() -> None:
    process = state_map(
        way("a", "b", "event:x"), way("b", "c", "event:y"), way("c", "c", "event"), way("*", "c", "manual")
    )
    assert _told(process) == [
        (("states", 3), "the state `end` is never reached from `a`"),
        (("states", 2), "the state `c` can never be left, but is not among `terminal_states`"),
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (way("a", "b", "event:x"), way("a", "c", "event:x")),
        (way("a b", "b", "event:x|y"), way("a", "c", "event:x")),
        (way("*", "b", "event:x"), way("a c", "c", "event:x")),
        (way("a b c", "b", "event:x"), way("*", "c", "event:x")),
        (way("a", "b", "event"), way("a", "c", "event:x")),
        (way("a", "b", "event:x"), way("a", "c", "event:x", when=[RICH])),
        (way("a", "b", "event:x", when=[RICH]), way("a", "c", "event:x", when=[where("n", "exists"), RICH])),
        (way("a", "b", "event:x", when=[RICH]), way("a", "c", "event:x", when=[RICHER])),
        (way("a", "b", "event:x", when=[AT_LEAST]), way("a", "c", "event:x", when=[RICH])),
        (way("a", "b", "event:x", when=[where("n", "lte", 3)]), way("a", "c", "event:x", when=[where("n", "lt", 3)])),
        (way("a", "b", "event:x", when=[where("amount", "exists")]), way("a", "c", "event:x", when=[RICH])),
    ],
)
def test_a_transition_that_can_never_fire(first: dict[str, Any], second: dict[str, Any]) -> None:
    (told,) = [one for one in findings(state_map(first, second, way("a", "c", "manual"), OUT)) if one.other]
    assert (told.path, told.other) == (("transitions", 1), ("transitions", 0))
    assert "can never fire" in told.message


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (way("a", "b", "event:x"), way("a b", "c", "event:x")),
        (way("a", "b", "event:x"), way("a", "c", "event:x|y")),
        (way("a", "b", "event:x"), way("a", "c", "event")),
        (way("a", "b", "event:x"), way("a", "c", "intent:x")),
        (way("a", "b", "event:x", when=[RICH]), way("a", "c", "event:x")),
        (way("a", "b", "event:x", when=[RICHER]), way("a", "c", "event:x", when=[RICH])),
        (way("a", "b", "event:x", when=[RICH]), way("a", "c", "event:x", when=[AT_LEAST])),
        (way("a", "b", "event:x", when=[where("n", "lt", 3)]), way("a", "c", "event:x", when=[where("n", "lte", 3)])),
        (way("a", "b", "event:x", when=[RICH]), way("a", "c", "event:x", when=[where("n", "gt", 20)])),
    ],
)
def test_a_transition_that_can_fire(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert not [one for one in findings(state_map(first, second, OUT)) if one.other]


def test_several_may_take_every_case_together() -> None:
    process = state_map(way("a", "b", "event:x"), way("b", "c", "event:x"), way("a b", "c", "event:x"), OUT)
    assert [one.path for one in findings(process)] == [("transitions", 2)]


def test_a_timeout_that_nothing_schedules() -> None:
    waits = [way("a", "b", "timeout:late|later"), way("b", "c", "timeout:max_attempts_reached"), OUT]
    assert _told(state_map(way("a", "a", "event:x", do=[CHECK]), *waits)) == [
        (
            ("transitions", 1, "trigger", "values"),
            "nothing schedules the timeout `later`; expected a `schedule_check` that fires it",
        )
    ]


def test_a_check_that_nothing_waits_for() -> None:
    told = _told(state_map(way("a", "b", "event:x", do=[ASK, CHECK]), way("b", "c", "event:y"), OUT))
    assert told == [(("transitions", 0, "actions", 1), "nothing waits for the timeout `late` that this check fires")]


@pytest.mark.parametrize(
    "transitions",
    [
        [way("a", "b", "action:sent", do=[ASK]), way("b", "a", "action:sent"), way("b", "c", "event:x")],
        [way("a", "a", "action", do=[ASK]), way("a", "b", "event:x"), way("b", "c", "event:x")],
        [way("a", "b", "event"), way("b", "c", "event"), way("*", "a", "action:sent", do=[ASK])],
    ],
)
def test_a_circle_without_any_outside_event(transitions: list[dict[str, Any]]) -> None:
    (told,) = findings(state_map(*transitions, OUT))
    assert "may move in a circle without any outside event" in told.message


@pytest.mark.parametrize(
    "transitions",
    [
        [way("a", "b", "action:sent", do=[ASK]), way("b", "a", "event:x"), way("b", "c", "event:y")],
        [way("a", "b", "action:sent"), way("b", "a", "action:sent"), way("b", "c", "event:x")],
        [way("a", "a", "action:sent", do=[ASK], when=[RICH]), way("a", "b", "event"), way("b", "c", "event")],
    ],
)
def test_a_circle_that_ends(transitions: list[dict[str, Any]]) -> None:
    assert _told(state_map(*transitions, OUT)) == []


def test_ten_thousand_states_are_looked_through() -> None:
    names = [f"s{number}" for number in range(10_000)]
    steps = [way(one, after, "action:next", do=[ASK]) for one, after in pairwise(names)]
    process = state_map(*steps, states=names, initial_state="s0", terminal_states=["s9999"])
    assert findings(process) == []
