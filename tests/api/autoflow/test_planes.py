"""Both planes of a run: what SQL keeps, and what Redis shows of it for a while."""

import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from tests.api.autoflow.flow import ANGRY, ASKING, BUYING, OPEN, Flow, a_word
from tests.server import Server

THREATENED = "If I don't have my money back by Friday you will hear from our lawyers. We will sue you for damages."


@pytest.fixture(scope="module")
def planes(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, redis_url: str) -> Any:
    """A server on both, and a look into its Redis."""
    env = {**OPEN, "DATABASE_URL": postgres_url, "REDIS_URL": redis_url}
    with Server(tmp_path_factory.mktemp("planes") / "data", env=env) as server, Redis.from_url(redis_url) as redis:
        yield Flow(server), redis


def test_af_21_the_snapshot_is_json_and_expires(planes: tuple[Flow, Any]) -> None:
    flow, redis = planes
    run_id = flow.work(ANGRY)["run_id"]
    snapshot = json.loads(redis.get(f"autoflow:run:{run_id}"))
    assert (snapshot["run_id"], snapshot["status"]) == (run_id, "escalated")
    assert 3500 < redis.ttl(f"autoflow:run:{run_id}") <= 3600


def test_af_22_the_steps_are_a_list_that_expires_with_it(planes: tuple[Flow, Any]) -> None:
    flow, redis = planes
    run_id = flow.work(ANGRY)["run_id"]
    kept = [json.loads(step) for step in redis.lrange(f"autoflow:steps:{run_id}", 0, -1)]
    assert [step["agent"] for step in kept if step["node"] != "advance_process"] == [
        "orchestrator",
        "support_agent",
        "handoff_agent",
    ]
    assert {step["run_id"] for step in kept} == {run_id}
    assert 3500 < redis.ttl(f"autoflow:steps:{run_id}") <= 3600


def test_af_23_the_key_is_digested_and_expires(planes: tuple[Flow, Any]) -> None:
    flow, redis = planes
    key = a_word()
    run_id = flow.post(headers={"Idempotency-Key": key}).json()["run_id"]
    name = f"autoflow:idempotency:{hashlib.sha256(key.encode()).hexdigest()}"
    assert redis.get(name).decode() == run_id
    assert 86_000 < redis.ttl(name) <= 86_400


def test_af_9_deleting_removes_the_keys(planes: tuple[Flow, Any]) -> None:
    flow, redis = planes
    run_id = flow.work()["run_id"]
    assert redis.exists(f"autoflow:run:{run_id}", f"autoflow:steps:{run_id}") == 2
    flow.client.delete(f"/api/v1/runs/{run_id}")
    assert redis.exists(f"autoflow:run:{run_id}", f"autoflow:steps:{run_id}") == 0


def test_af_4_without_its_snapshot_a_run_is_read_from_sql(planes: tuple[Flow, Any]) -> None:
    flow, redis = planes
    before = flow.work(BUYING)
    redis.flushdb()
    after = flow.client.get(f"/api/v1/status/{before['run_id']}").json()
    for name in ("status", "intent", "lead_score", "lead_tier", "final_response", "current_agent"):
        assert after[name] == before[name], name
    assert len(after["agent_steps"]) == len(before["agent_steps"])
    assert len(flow.client.get(f"/api/v1/status/{before['run_id']}/steps").json()) == len(before["agent_steps"])


def test_af_15_without_its_copy_the_key_is_still_known(planes: tuple[Flow, Any]) -> None:
    flow, redis = planes
    key = {"Idempotency-Key": a_word()}
    run_id = flow.post(headers=key).json()["run_id"]
    redis.flushdb()
    assert flow.post(headers=key).json()["run_id"] == run_id


def test_af_63_one_request_is_found_everywhere(planes: tuple[Flow, Any]) -> None:
    """In the answer, the log of the background work, the snapshot and the steps."""
    flow, redis = planes
    request_id = f"trace-{uuid4()}"
    answer = flow.post(headers={"X-Request-ID": request_id})
    run_id = answer.json()["run_id"]
    flow.ended(run_id)
    assert answer.headers["x-request-id"] == request_id
    assert json.loads(redis.get(f"autoflow:run:{run_id}"))["request_id"] == request_id
    steps = [json.loads(step) for step in redis.lrange(f"autoflow:steps:{run_id}", 0, -1)]
    assert {step["request_id"] for step in steps} == {request_id}


@pytest.mark.parametrize(
    ("body", "agent", "action", "status"),
    [
        (ASKING, "faq_agent", "answered_faq", "completed"),
        (BUYING, "lead_agent", "scored_and_drafted", "completed"),
        (ANGRY, "support_agent", "resolved_with_severity_high", "escalated"),
    ],
)
def test_af_25_to_af_33_an_inquiry_is_worked_by_its_agent(
    flow: Flow, body: str, agent: str, action: str, status: str
) -> None:
    """Classified (AF.27), routed (AF.28), worked (AF.29), handed over or answered (AF.30, AF.32), recorded (AF.33)."""
    run = flow.work(body)
    names = [f"{step['agent']}/{step['action']}" for step in run["agent_steps"]]
    assert names[0] == "orchestrator/classified_intent"
    assert names[1] == f"{agent}/{action}"
    assert (names[-1] == "handoff_agent/prepared_handoff_summary") is (status == "escalated")
    assert run["status"] == status
    assert run["intent"] in run["agent_steps"][0]["output"]


def test_af_31_what_is_sensitive_goes_to_a_person_with_the_case_on_one_page(flow: Flow) -> None:
    run = flow.work(THREATENED, subject="Refund")
    assert (run["status"], run["escalate"]) == ("escalated", True)
    assert "requires human review" in run["escalation_reason"]
    assert run["run_id"] in run["final_response"]
    assert "2 business hours" in run["final_response"]
    assert run["agent_steps"][-1]["agent"] == "handoff_agent"


def test_af_31_what_is_understood_by_nobody_goes_to_a_person(flow: Flow) -> None:
    run = flow.work("qwrtz plmk vvbn xcdf ghtr", subject="zzkk")
    assert run["status"] == "escalated"
    assert run["intent_confidence"] < 0.4


def test_af_32_the_reply_is_a_letter_to_the_sender(flow: Flow) -> None:
    run = flow.work(ASKING, sender_name="Grace Hopper")
    assert "Grace" in run["final_response"]
    assert "Slack" in run["final_response"]
