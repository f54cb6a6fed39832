"""CV.38: rules, what they want done, how urgent it is, and why others want nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.rule import RuleDef, RuleHit, RuleMiss, consider, entity_id_of, evaluate, priority_of
from tests.core.samples import json_values, texts

OVERDUE = {
    "id": "payment_reminder",
    "trigger": {"type": "schedule", "cron": "0 10 * * MON-FRI"},
    "conditions": [
        {"field": "status", "operator": "eq", "value": "overdue"},
        {"field": "days_overdue", "operator": "gte", "value": 3},
    ],
    "actions": [{"type": "start_conversation", "entity_type": "invoice", "entity_id_field": "invoice.number"}],
}
ORDER = {
    "id": "order_confirmation",
    "trigger": {"type": "event", "event_name": "order_placed"},
    "conditions": [{"field": "order_value", "operator": "gte", "value": 10_000}],
    "actions": [{"type": "start_conversation", "delay_minutes": 30}],
}
LATE: dict[str, Any] = {"id": "FU001", "contact_id": "D001", "status": "overdue", "days_overdue": 7, "amount": 250_000}


def rule(base: dict[str, Any], **changes: Any) -> RuleDef:
    return RuleDef.model_validate({**base, **changes})


def test_cv38_a_scheduled_rule_hits_what_its_conditions_say() -> None:
    (hit,) = evaluate([rule(OVERDUE), rule(ORDER)], LATE)

    assert (hit.rule.id, hit.contact_id, hit.priority, hit.context_key) == ("payment_reminder", "D001", "high", "FU001")
    assert [(seen.field, seen.found, seen.holds) for seen in hit.seen] == [
        ("status", "overdue", True),
        ("days_overdue", 7, True),
    ]


def test_cv38_an_event_rule_hits_its_event_alone() -> None:
    data = {"id": "O1", "contact_id": "D002", "order_value": "10000"}
    rules = [rule(ORDER), rule(ORDER, id="other", trigger={"type": "event", "event_name": "order_cancelled"})]

    assert [hit.rule.id for hit in evaluate(rules, data, event="order_placed")] == ["order_confirmation"]
    assert evaluate(rules, data, event="order_paid") == []
    assert evaluate(rules, data) == []


def test_scheduled_rules_are_not_for_events() -> None:
    assert evaluate([rule(OVERDUE)], LATE, event="order_placed") == []


def test_a_condition_rule_is_for_the_backends_data() -> None:
    assert len(evaluate([rule(OVERDUE, trigger={"type": "condition"})], LATE)) == 1


@pytest.mark.parametrize(
    ("changes", "data", "reason"),
    [
        ({"enabled": False}, LATE, "not enabled"),
        ({}, {**LATE, "contact_id": None}, "no contact_id"),
        ({}, {**LATE, "contact_id": "  "}, "no contact_id"),
        ({}, {**LATE, "contact_id": ["D001"]}, "no contact_id"),
        ({}, {**LATE, "days_overdue": 2}, "days_overdue gte does not hold"),
        ({}, {**LATE, "days_overdue": {"a": 1}}, "days_overdue gte does not hold"),
        ({"trigger": {"type": "event", "event_name": "x"}}, LATE, "its trigger is the event x"),
    ],
)
def test_a_miss_says_why(changes: dict[str, Any], data: dict[str, Any], reason: str) -> None:
    miss = consider(rule(OVERDUE, **changes), data)

    assert isinstance(miss, RuleMiss)
    assert reason in miss.reason


@pytest.mark.parametrize(
    ("data", "priority"),
    [
        ({}, "medium"),
        ({"days_overdue": 7}, "medium"),
        ({"days_overdue": 8}, "high"),
        ({"days_overdue": 14}, "high"),
        ({"days_overdue": 15}, "urgent"),
        ({"days_overdue": "15"}, "urgent"),
        ({"amount": 100_000}, "medium"),
        ({"amount": 100_001}, "high"),
        ({"order_value": 100_001}, "high"),
        ({"order_value": 5, "amount": "250000"}, "high"),
        ({"days_overdue": 20, "amount": 250_000}, "urgent"),
        ({"days_overdue": "soon", "amount": True}, "medium"),
        ({"amount": float("nan")}, "medium"),
    ],
)
def test_cv38_priority(data: dict[str, Any], priority: str) -> None:
    assert priority_of(data) == priority


def test_ids_of_numbers_are_texts() -> None:
    (hit,) = evaluate([rule(OVERDUE)], {**LATE, "id": 17, "contact_id": 4})

    assert (hit.context_key, hit.contact_id) == ("17", "4")


def test_data_without_an_id_has_no_guard() -> None:
    (hit,) = evaluate([rule(OVERDUE)], {name: value for name, value in LATE.items() if name != "id"})

    assert hit.context_key is None


def test_what_a_process_is_about() -> None:
    action = rule(OVERDUE).actions[0]

    assert entity_id_of(action, {"invoice": {"number": "INV-1"}}) == "INV-1"
    assert entity_id_of(action, {}) is None
    assert entity_id_of(rule(ORDER).actions[0], {"entity_id": 5}) == "5"


@given(st.dictionaries(texts, json_values))
def test_no_data_makes_it_stumble_and_hits_say_the_truth(data: dict[str, Any]) -> None:
    made = consider(rule(OVERDUE), {**LATE, **data})

    if isinstance(made, RuleHit):
        assert all(seen.holds for seen in made.seen)
        assert made.contact_id
    else:
        assert made.reason
