"""What the actions of a move become (CV.28)."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from antiphon.core.change import Change
from antiphon.core.event import ConversationEscalated, ConversationResolved
from antiphon.core.process.action import propose, results_of
from antiphon.core.process.advance import advance
from antiphon.core.process.decision import Move
from antiphon.core.process.proposed import (
    TEMPLATE_FACTS,
    BackendUpdate,
    Check,
    Escalation,
    FollowUp,
    Proposed,
    Resolution,
    effects_of,
    events_of,
)
from antiphon.core.process.timer import SCHEDULED_CHECK, change_of, trigger_of
from antiphon.core.process.trigger import Trigger
from tests.core.process.maps import bind, converse, hears, state_map, way

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def _move(*actions: dict[str, Any]) -> Move:
    process = state_map(way("a", "b", "event:x", do=actions, description="It happened"))
    binding = bind(process, entity_id="INV-1", entity_type="invoice", business_data={"amount": 250})
    moved = advance(process, binding, hears("event:x"), {})
    assert isinstance(moved, Move)
    return moved


def _proposed(action: dict[str, Any]) -> Proposed:
    (one,) = propose(_move(action), run_id="run-1", now=NOW, contact_id="C-1")
    return one


def test_a_follow_up_takes_the_defaults_of_the_contract() -> None:
    one = _proposed({"type": "enqueue_followup"})
    assert isinstance(one, FollowUp)
    assert (one.rule_id, one.channels, one.priority, one.due_at) == (
        "state:sample",
        ("whatsapp", "email"),
        "medium",
        NOW,
    )
    assert one.business_context == {
        "amount": 250,
        "process_type": "sample",
        "entity_id": "INV-1",
        "entity_type": "invoice",
        "new_state": "b",
        "previous_state": "a",
        "contact_id": "C-1",
    }
    assert set(one.business_context) - {"amount"} <= TEMPLATE_FACTS


def test_a_follow_up_as_it_is_written() -> None:
    written = {
        "type": "enqueue_followup",
        "template": "thanks",
        "channel_priority": ["sms"],
        "delay_minutes": 30,
        "priority": "urgent",
        "metadata": {"tone": "kind"},
    }
    one = _proposed(written)
    assert isinstance(one, FollowUp)
    assert (one.template, one.channels, one.metadata) == ("thanks", ("sms",), {"tone": "kind"})
    assert one.due_at == NOW + timedelta(minutes=30)
    (effect,) = effects_of([one])
    assert (effect.kind, effect.due_at, effect.repeatable) == ("followup", one.due_at, False)


def test_priorities_are_in_order() -> None:
    written = [{"type": "enqueue_followup", "priority": name} for name in ("low", "medium", "high", "urgent")]
    effects = effects_of(propose(_move(*written), run_id="run-1", now=NOW))
    assert [effect.priority for effect in effects] == sorted({effect.priority for effect in effects})


@pytest.mark.parametrize(("delay", "minutes", "value"), [(0, 60, "no_response_60m"), (2880, 2880, "no_response_2880m")])
def test_a_check_takes_the_defaults_of_the_contract(delay: int, minutes: int, value: str) -> None:
    one = _proposed({"type": "schedule_check", "delay_minutes": delay})
    assert isinstance(one, Check)
    assert (one.trigger_type, one.trigger_value, one.priority) == ("timeout", value, "low")
    assert one.due_at == NOW + timedelta(minutes=minutes)
    assert one.is_scheduled_check


def test_a_check_comes_back_as_the_trigger_of_its_binding() -> None:
    """CV.26: it names binding, state and stay, also after it was stored."""
    one = _proposed({"type": "schedule_check", "metadata": {"check_trigger_value": "late"}})
    (effect,) = effects_of([one])
    assert (effect.kind, effect.repeatable) == ("check", True)
    change = change_of(json.loads(json.dumps(effect.payload)))
    assert (change.kind, change.value) == ("timeout", "late")
    assert trigger_of(Change.from_facts(json.loads(json.dumps(asdict(change))))) == Trigger(
        type="timeout", value="late", binding_id="b-1", state="b", stay="run-1"
    )


def test_a_check_may_fire_something_else_than_a_timeout() -> None:
    one = _proposed({"type": "schedule_check", "metadata": {"check_trigger_type": "manual"}})
    (effect,) = effects_of([one])
    trigger = trigger_of(change_of(effect.payload))
    assert trigger == Trigger(type="manual", value="no_response_60m", binding_id="b-1", state="b", stay="run-1")


def test_any_change_but_words_is_a_trigger() -> None:
    """CV.23."""
    kinds: tuple[Literal["event", "timeout", "action", "manual"], ...] = ("event", "timeout", "action", "manual")
    for kind in kinds:
        assert trigger_of(Change(kind=kind, value="x")) == Trigger(type=kind, value="x")
    assert trigger_of(Change(kind="message", value="x")) is None
    assert trigger_of(Change(kind="form", value="x")) is None


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("event", {"binding_id": "b", "trigger_type": "timeout", "state": "a", "stay": "r"}),
        ("timeout", "b-1"),
        ("timeout", {"binding_id": "b"}),
        ("timeout", {"binding_id": ["b"], "trigger_type": "timeout", "state": "a", "stay": "r"}),
        ("timeout", {"binding_id": "b", "trigger_type": "dream", "state": "a", "stay": "r"}),
    ],
)
def test_data_that_only_claims_to_be_a_check_is_data(kind: Any, check: Any) -> None:
    change = Change(kind=kind, value="x", data={SCHEDULED_CHECK: check})
    assert trigger_of(change) == Trigger(type=kind, value="x")


def test_a_delay_of_years_is_a_delay() -> None:
    one = _proposed({"type": "schedule_check", "delay_minutes": 100 * 366 * 24 * 60})
    assert isinstance(one, Check)
    assert one.due_at.year == 2126


def test_the_backend_is_told_where_the_process_stands() -> None:
    one = _proposed(
        {"type": "update_backend", "backend_endpoint": "mark", "backend_payload": {"paid": True, "new_state": "done"}}
    )
    assert isinstance(one, BackendUpdate)
    assert one.endpoint == "mark"
    assert one.payload == {
        "process_type": "sample",
        "entity_id": "INV-1",
        "entity_type": "invoice",
        "new_state": "done",
        "previous_state": "a",
        "contact_id": "C-1",
        "paid": True,
    }
    assert [effect.kind for effect in effects_of([one])] == ["backend_update"]


def test_resolving_and_escalating_are_events() -> None:
    move = _move({"type": "resolve"}, {"type": "escalate", "metadata": {"reason": "Too late"}}, {"type": "notify"})
    proposed = propose(move, run_id="run-1", now=NOW)
    assert proposed[0] == Resolution(binding_id="b-1", reason="It happened")
    assert proposed[1] == Escalation(binding_id="b-1", reason="Too late")
    assert events_of(proposed, "run-1") == (
        ConversationResolved(run_id="run-1", binding_id="b-1", reason="It happened"),
        ConversationEscalated(run_id="run-1", binding_id="b-1", reason="Too late"),
    )
    assert [effect.kind for effect in effects_of(proposed)] == ["alert"]


def test_results_are_those_of_the_contract() -> None:
    move = _move(
        {"type": "enqueue_followup"},
        {"type": "update_backend"},
        {"type": "resolve"},
        {"type": "escalate"},
        {"type": "notify", "metadata": {"target": "sales", "message": "Look"}},
        {"type": "schedule_check", "delay_minutes": 90},
    )
    results = results_of(move, propose(move, run_id="run-1", now=NOW))
    assert results == (
        {"action": "enqueue_followup", "status": "enqueued"},
        {"action": "update_backend", "status": "sent"},
        {"action": "resolve", "status": "resolved"},
        {"action": "escalate", "status": "escalated"},
        {"action": "notify", "status": "sent", "target": "sales", "message": "Look"},
        {"action": "schedule_check", "status": "scheduled", "fires_at": "2026-03-01T10:30:00+00:00"},
    )


def test_the_actions_of_the_contract_in_its_process() -> None:
    """CV.28 and CV.29."""
    process = converse("payment_collection")
    move = advance(process, bind(process, "reminded"), hears("intent:will_pay"), {})
    assert isinstance(move, Move)
    update, check = propose(move, run_id="run-1", now=NOW)
    assert isinstance(update, BackendUpdate)
    assert isinstance(check, Check)
    assert (check.trigger_value, check.due_at) == ("promise_check", NOW + timedelta(days=3))
    overdue = advance(process, bind(process, "promised"), hears("timeout:promise_check"), {})
    assert isinstance(overdue, Move)
    (reminder,) = propose(overdue, run_id="run-2", now=NOW)
    assert isinstance(reminder, FollowUp)
    assert reminder.priority == "high"
