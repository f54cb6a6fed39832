"""Notices (AF.52): what others are told of a turn, and what they are never told."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from antiphon.core.change import Change
from antiphon.core.conversation import Conversation
from antiphon.core.effect import Effect, keys_of
from antiphon.core.lead import Lead
from antiphon.core.notice import NOTICE_TYPES, Receiver, Subscription, notices
from antiphon.core.run import Claim, Outcome, Run

AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
ONE, OTHER = Receiver(id="1f2e", host="example.com"), Receiver(id="9a8b", host="example.org")
WANTED = Subscription(receivers=(ONE, OTHER), attempts=4)
LEAD = Lead(id="LEAD-00042", form="signup", values={"email": "ann@secret.example", "name": "Ann Secret"})
COMPLETED = Outcome(
    status="completed", reply="my secret reply", intent="pricing", confidence=0.9, facts={"draft": "secret"}
)


def run(number: int) -> Run:
    return Run(
        id=f"run-{number}",
        conversation_id="conversation-1",
        position=number,
        pack="shop",
        change=Change(kind="message", value="my secret message", data={"sender_email": "bob@secret.example"}),
        status="running",
        attempts=1,
        created_at=AT,
    )


def claim(*runs: Run) -> Claim:
    return Claim(
        conversation_id="conversation-1",
        contact_id="contact-1",
        address="secret-address",
        pack="shop",
        pack_version="1",
        fence=1,
        runs=runs or (run(1),),
        conversation=Conversation(),
        sequence=0,
        head=b"",
    )


def told(outcome: Outcome = COMPLETED, *leads: Lead, wanted: Subscription = WANTED) -> list[Effect]:
    return notices(wanted, claim(), outcome, leads, AT)


def event(effect: Effect) -> dict[str, Any]:
    found: dict[str, Any] = effect.payload["event"]
    return found


def test_each_receiver_has_an_effect_of_its_own_kind_and_place() -> None:
    one, other = told()
    assert (one.kind, other.kind) == ("notify:example.com:1f2e", "notify:example.org:9a8b")
    assert (one.place, other.place) == ("run-completed:1f2e", "run-completed:9a8b")
    assert event(one) == event(other)
    assert all(effect.repeatable and effect.max_attempts == 4 and effect.due_at is None for effect in (one, other))


def test_a_notice_is_a_cloud_event() -> None:
    assert event(told()[0]) == {
        "specversion": "1.0",
        "id": "run-1:run-completed",
        "source": "/packs/shop",
        "type": "run.completed",
        "subject": "run-1",
        "time": "2026-01-01T09:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "run_id": "run-1",
            "merged_run_ids": [],
            "conversation_id": "conversation-1",
            "pack": "shop",
            "status": "completed",
            "intent": "pricing",
            "confidence": 0.9,
            "reason": None,
        },
    }


def test_an_escalation_says_why() -> None:
    outcome = Outcome(status="escalated", reply="A person will write.", intent="complaint", reason="severity is high")
    found = event(told(outcome)[0])
    assert (found["type"], found["data"]["reason"]) == ("run.escalated", "severity is high")


def test_a_lead_is_told_under_its_number() -> None:
    found = [event(effect) for effect in told(COMPLETED, LEAD)[2:]]
    assert [one["type"] for one in found] == ["lead.captured"] * 2
    assert found[0]["subject"] == found[0]["data"]["lead_id"] == "LEAD-00042"


@pytest.mark.parametrize("status", ["awaiting_approval", "failed", "queued", "running"])
def test_what_is_no_end_for_others_is_not_told(status: Any) -> None:
    assert told(Outcome(status=status)) == []


def test_the_runs_that_were_merged_are_named() -> None:
    (one, _) = notices(WANTED, claim(run(1), run(2), run(3)), COMPLETED, (), AT)
    assert (event(one)["data"]["run_id"], event(one)["data"]["merged_run_ids"]) == ("run-3", ["run-1", "run-2"])


def test_private_content_is_not_told() -> None:
    for effect in told(COMPLETED, LEAD) + told(replace(COMPLETED, status="escalated")):
        assert "secret" not in json.dumps(dict(effect.payload)).lower()


def test_only_what_is_subscribed_is_told() -> None:
    for name in NOTICE_TYPES:
        for status in ("completed", "escalated"):
            wanted = replace(WANTED, types=frozenset({name}))
            found = {event(effect)["type"] for effect in told(replace(COMPLETED, status=status), LEAD, wanted=wanted)}
            assert found <= {name}
    assert told(COMPLETED, LEAD, wanted=replace(WANTED, types=frozenset())) == []
    assert told(COMPLETED, LEAD, wanted=Subscription()) == []


def test_keys_do_not_depend_on_what_else_is_promised_or_who_else_is_told() -> None:
    """However often a run is worked, and in whatever order the receivers are named."""
    alone = keys_of("run-1", told(COMPLETED, LEAD))
    behind = keys_of("run-1", [Effect(kind="send"), Effect(kind="send"), *told(COMPLETED, LEAD)])
    turned = keys_of("run-1", told(COMPLETED, LEAD, wanted=replace(WANTED, receivers=(OTHER, ONE))))
    assert behind[2:] == alone
    assert set(turned) == set(alone)
    assert len(set(behind)) == len(behind)
    assert not any("." in key for key in alone), "a dot would be taken for the end of the webhook-id"
