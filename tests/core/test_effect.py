"""Effects: where one stands after an attempt. The whole table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.effect import (
    BACKOFF_SECONDS,
    MAX_ATTEMPTS,
    Attempted,
    Effect,
    KeptEffect,
    effect_key,
    keys_of,
    settle,
)

NOW = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)


def _performing(attempts: int = 1, **promised: object) -> KeptEffect:
    return KeptEffect(
        key="run-1:0",
        run_id="run-1",
        conversation_id="conversation-1",
        effect=replace(Effect(kind="notify"), **promised),  # type: ignore[arg-type]  # fields of Effect
        status="performing",
        due_at=NOW - timedelta(hours=1),
        attempts=attempts,
        reason="the attempt before",
    )


def test_a_key_is_made_of_run_and_place() -> None:
    assert effect_key("run-1", 0) == "run-1:0"
    assert effect_key("run-1", 12) == "run-1:12"


@given(st.tuples(st.uuids(version=4), st.integers(0, 50)), st.tuples(st.uuids(version=4), st.integers(0, 50)))
def test_different_effects_have_different_keys(one: tuple[object, int], other: tuple[object, int]) -> None:
    assert (effect_key(str(one[0]), one[1]) == effect_key(str(other[0]), other[1])) == (one == other)


LAST = MAX_ATTEMPTS
MINUTE = timedelta(seconds=BACKOFF_SECONDS)


@pytest.mark.parametrize("repeatable", [False, True], ids=["once", "repeatable"])
@pytest.mark.parametrize(
    ("attempts", "attempted", "once", "repeatable_status"),
    [
        (1, Attempted(outcome="done"), "done", "done"),
        (LAST, Attempted(outcome="done"), "done", "done"),
        (1, Attempted(outcome="failed", reason="503"), "pending", "pending"),
        (LAST - 1, Attempted(outcome="failed", reason="503"), "pending", "pending"),
        (LAST, Attempted(outcome="failed", reason="503"), "dead", "dead"),
        (LAST + 1, Attempted(outcome="failed", reason="503"), "dead", "dead"),
        (1, Attempted(outcome="failed", reason="400", retry=False), "dead", "dead"),
        (1, Attempted(outcome="unknown", reason="timeout"), "parked", "pending"),
        (LAST, Attempted(outcome="unknown", reason="timeout"), "parked", "dead"),
        (1, Attempted(outcome="unknown", reason="timeout", retry=False), "parked", "dead"),
    ],
)
def test_where_an_effect_stands_after_an_attempt(
    *, attempts: int, attempted: Attempted, once: str, repeatable_status: str, repeatable: bool
) -> None:
    settled = settle(_performing(attempts, repeatable=repeatable), attempted, NOW)
    assert settled.status == (repeatable_status if repeatable else once)
    assert settled.reason == attempted.reason


def test_pauses_double() -> None:
    pauses = [
        settle(_performing(attempts, max_attempts=9), Attempted(outcome="failed"), NOW).due_at - NOW
        for attempts in range(1, 5)
    ]
    assert pauses == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]


def test_what_is_done_has_no_reason_left() -> None:
    assert settle(_performing(2), Attempted(outcome="done"), NOW).reason is None


any_attempt = st.builds(
    Attempted,
    outcome=st.sampled_from(["done", "failed", "unknown"]),
    reason=st.none() | st.text(max_size=5),
    retry=st.booleans(),
)


@given(any_attempt, st.integers(1, 20), st.integers(1, 20), st.booleans())
def test_settling_changes_only_where_it_stands(
    attempted: Attempted, attempts: int, max_attempts: int, repeatable: bool
) -> None:
    kept = _performing(attempts, max_attempts=max_attempts, repeatable=repeatable)
    settled = settle(kept, attempted, NOW)
    stands = {name: getattr(kept, name) for name in ("status", "due_at", "reason", "settled_at", "detail")}
    assert replace(settled, **stands) == kept
    assert settled.settled_at == (None if settled.status == "pending" else NOW)
    assert settled.detail == attempted.detail
    assert settled.status != "performing"
    assert (settled.due_at > NOW) == (settled.status == "pending")


@given(any_attempt, st.integers(1, 20))
def test_an_unknown_outcome_is_never_repeated_blindly(attempted: Attempted, attempts: int) -> None:
    """Promise 4."""
    settled = settle(_performing(attempts, max_attempts=20), attempted, NOW)
    if attempted.outcome == "unknown":
        assert settled.status == "parked"


@given(st.lists(any_attempt, min_size=1, max_size=30), st.integers(1, 6))
def test_no_effect_is_tried_more_often_than_it_may_be(attempts: list[Attempted], max_attempts: int) -> None:
    kept = _performing(1, max_attempts=max_attempts, repeatable=True)
    tried = 1
    for attempted in attempts:
        settled = settle(kept, attempted, NOW)
        if settled.status != "pending":
            break
        kept, tried = replace(settled, status="performing", attempts=settled.attempts + 1), tried + 1
    assert tried <= max_attempts


@pytest.mark.parametrize(("backoff", "chance", "expected"), [(10, 0, 40), (10, 1, 48), (60, 0.5, 264)])
def test_pauses_are_configured_and_stretched_by_chance(backoff: float, chance: float, expected: float) -> None:
    kept = _performing(3, max_attempts=9)
    settled = settle(kept, Attempted(outcome="failed"), NOW, backoff=backoff, chance=chance)
    assert (settled.due_at - NOW).total_seconds() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("asked", "pause"), [(5, 60), (300, 300), (-1, 60), (86_400, 86_400), (86_401, 60), (float("inf"), 60)]
)
def test_who_asks_for_a_longer_pause_gets_it_within_a_day(asked: float, pause: float) -> None:
    settled = settle(_performing(1), Attempted(outcome="failed", retry_after=asked), NOW)
    assert (settled.due_at - NOW).total_seconds() == pause


def test_no_pause_is_longer_than_a_day_and_a_fifth() -> None:
    kept = _performing(5_000, max_attempts=10_000)
    assert settle(kept, Attempted(outcome="failed"), NOW, chance=1).due_at - NOW == timedelta(days=1.2)


def test_keys_of_a_turn() -> None:
    effects = [Effect(kind="a"), Effect(kind="b", place="told:1"), Effect(kind="c")]
    assert keys_of("run-1", effects) == ["run-1:0", "run-1:told:1", "run-1:2"]
