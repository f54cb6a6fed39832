"""Runs, asked for later."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.api.autoflow.flow import ANGRY, ASKING, BUYING, Flow, a_word
from tests.server import Server

STRANGE = (
    "6f1c0b2e-0c5d-4a3e-9d57-3f2d1f6a7b11",
    "no-id-at-all",
    "%00",
    "a" * 3000,
    "..%2f..%2fetc",
    "%ff%fe",
    "💥",
)
RUN_STATUS = {
    "run_id",
    "status",
    "intent",
    "intent_confidence",
    "current_agent",
    "agent_steps",
    "final_response",
    "lead_score",
    "lead_tier",
    "escalate",
    "escalation_reason",
    "created_at",
    "updated_at",
}
LIST_ITEM = {"run_id", "status", "intent", "sender_name", "sender_email", "subject", "created_at"}


def test_af_4_the_status_of_a_run_has_every_field(flow: Flow) -> None:
    status = flow.work(BUYING, subject="Demo")
    assert set(status) == RUN_STATUS
    assert status["status"] == "completed"
    assert status["intent"] in {"demo_request", "sales", "pricing", "upgrade"}
    assert 0 < status["intent_confidence"] <= 1
    assert status["current_agent"] == "lead_agent"
    assert isinstance(status["lead_score"], float)
    assert status["lead_tier"] == "hot"
    assert (status["escalate"], status["escalation_reason"]) == (False, None)
    assert "Ada" in status["final_response"]
    created, updated = (datetime.fromisoformat(status[name]) for name in ("created_at", "updated_at"))
    assert datetime.now(UTC) - timedelta(minutes=5) < created <= updated


@pytest.mark.parametrize("run_id", STRANGE)
def test_af_4_an_id_that_nobody_knows_is_not_found(flow: Flow, run_id: str) -> None:
    for path in (f"/api/v1/status/{run_id}", f"/api/v1/runs/{run_id}"):
        answer = flow.client.get(path)
        assert answer.status_code == 404
    assert flow.client.get(f"/api/v1/status/{run_id}/steps").status_code in (200, 404)


def test_af_4_not_found_is_said_as_the_contract_says_it(flow: Flow) -> None:
    unknown = uuid4()
    assert flow.client.get(f"/api/v1/status/{unknown}").json() == {"detail": "Run not found"}
    assert flow.client.get(f"/api/v1/runs/{unknown}").json() == {"detail": "Run not found"}


def test_af_5_the_steps_in_order(flow: Flow) -> None:
    status = flow.work(ANGRY, subject="Outage")
    steps = flow.client.get(f"/api/v1/status/{status['run_id']}/steps").json()
    assert [f"{step['agent']}/{step['action']}" for step in steps] == [
        "orchestrator/classified_intent",
        "support_agent/resolved_with_severity_high",
        "handoff_agent/prepared_handoff_summary",
    ]
    assert steps == status["agent_steps"]
    assert all(set(step) == {"agent", "action", "output", "timestamp"} for step in steps)
    assert all(0 < len(step["output"]) <= 300 for step in steps)
    times = [datetime.fromisoformat(step["timestamp"]) for step in steps]
    assert times == sorted(times)


def test_af_5_nobody_s_steps_are_an_empty_list(flow: Flow) -> None:
    answer = flow.client.get(f"/api/v1/status/{uuid4()}/steps")
    assert (answer.status_code, answer.json()) == (200, [])


def test_af_7_runs_are_listed_newest_first(flow: Flow) -> None:
    word = a_word()
    runs = [flow.bring(f"{word} {ASKING}", subject=f"Number {n}") for n in range(3)]
    for run_id in runs:
        flow.ended(run_id)
    listed = flow.client.get("/api/v1/runs", params={"q": word}).json()
    assert [item["run_id"] for item in listed] == runs[::-1]
    assert set(listed[0]) == LIST_ITEM
    assert (listed[0]["subject"], listed[0]["sender_name"], listed[0]["sender_email"]) == (
        "Number 2",
        "Ada",
        "ada@example.com",
    )
    assert listed[0]["status"] == "completed"


def test_af_7_fifty_by_default_and_pages_beyond(flow: Flow) -> None:
    word = a_word()
    with ThreadPoolExecutor(8) as threads:
        runs = set(threads.map(lambda _: flow.bring(f"{ASKING} {word}"), range(53)))
    first = flow.client.get("/api/v1/runs", params={"q": word})
    assert len(first.json()) == 50
    second = flow.client.get("/api/v1/runs", params={"q": word, "cursor": first.headers["x-next-cursor"]})
    assert len(second.json()) == 3
    assert "x-next-cursor" not in second.headers
    assert {item["run_id"] for item in first.json() + second.json()} == runs
    times = [item["created_at"] for item in first.json() + second.json()]
    assert times == sorted(times, reverse=True)


def test_af_7_lists_are_narrowed_by_status_intent_and_words(flow: Flow) -> None:
    word = a_word()
    answered = flow.work(f"{ASKING} {word}")
    handed = flow.work(f"{ANGRY} {word}")

    def listed(**params: str) -> list[str]:
        found = flow.client.get("/api/v1/runs", params={"q": word, **params})
        assert found.status_code == 200, found.text
        return [item["run_id"] for item in found.json()]

    assert listed(status="completed") == [answered["run_id"]]
    assert listed(status="escalated") == [handed["run_id"]]
    assert listed(status="error") == []
    assert listed(intent=handed["intent"]) == [handed["run_id"]]
    assert listed(q=word.upper()) == [handed["run_id"], answered["run_id"]]
    assert listed(q=f"{word}%") == []  # a sign of the query language is a sign
    assert listed(q=word.replace("w", "_", 1)) == []


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"cursor": "made up"},
        {"cursor": "MTIz"},
        {"cursor": "é"},
        {"cursor": "A" * 400},
        {"status": "asleep"},
        {"q": "a\x00b"},
        {"q": "q" * 201},
    ],
)
def test_af_7_a_parameter_that_means_nothing_is_refused(flow: Flow, params: dict[str, str]) -> None:
    answer = flow.client.get("/api/v1/runs", params=params)
    assert answer.status_code == 422
    assert next(iter(params)) in answer.json()["detail"]


def test_af_8_a_run_from_the_store_is_the_run_that_was_shown(flow: Flow) -> None:
    live = flow.work(BUYING)
    stored = flow.client.get(f"/api/v1/runs/{live['run_id']}").json()
    for name in RUN_STATUS - {"agent_steps"}:
        assert stored[name] == live[name], name
    assert [without_time(step) for step in stored["agent_steps"]] == [
        without_time(step) for step in live["agent_steps"]
    ]


def without_time(step: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in step.items() if name != "timestamp"}


def test_af_9_deleting_leaves_nothing(flow: Flow) -> None:
    word = a_word()
    run_id = flow.work(f"{ANGRY} {word}", subject=f"about {word}")["run_id"]
    assert flow.client.delete(f"/api/v1/runs/{run_id}").json() == {"deleted": True, "run_id": run_id}
    for path in (f"/api/v1/runs/{run_id}", f"/api/v1/status/{run_id}"):
        assert flow.client.get(path).status_code == 404
    assert flow.client.get(f"/api/v1/status/{run_id}/steps").json() == []
    assert flow.client.get("/api/v1/runs", params={"q": word}).json() == []
    again = flow.client.delete(f"/api/v1/runs/{run_id}")
    assert (again.status_code, again.json()) == (200, {"deleted": False, "run_id": run_id})


def test_af_9_what_another_pack_has_is_not_deleted_here(flow: Flow) -> None:
    chat = flow.client.post("/chat", json={"message": "Hi", "session_id": a_word()})
    run_id = chat.headers["x-run-id"]
    assert flow.client.get(f"/api/v1/runs/{run_id}").status_code == 404
    assert flow.client.delete(f"/api/v1/runs/{run_id}").json()["deleted"] is False


def test_af_9_a_deleted_run_s_key_begins_anew(flow: Flow) -> None:
    key = {"Idempotency-Key": a_word()}
    run_id = flow.post(headers=key).json()["run_id"]
    flow.ended(run_id)
    flow.client.delete(f"/api/v1/runs/{run_id}")
    anew = flow.post(headers=key).json()
    assert anew["idempotent_replay"] is False
    assert anew["run_id"] != run_id


def test_af_13_an_admin_key_guards_deletion(tmp_path: Path, installation: dict[str, str]) -> None:
    with Server(tmp_path / "data", env={**installation, "AUTOFLOW_ADMIN_API_KEY": "admin-secret"}) as server:
        flow = Flow(server)
        run_id = flow.work()["run_id"]
        for headers in ({}, {"X-Admin-Key": "wrong"}, {"X-API-Key": "admin-secret"}):
            refused = flow.client.delete(f"/api/v1/runs/{run_id}", headers=headers)
            assert refused.status_code == 401
            assert refused.json() == {"detail": "Invalid or missing admin key"}
        assert flow.client.get(f"/api/v1/runs/{run_id}").status_code == 200
        gone = flow.client.delete(f"/api/v1/runs/{run_id}", headers={"X-Admin-Key": "admin-secret"})
        assert gone.json()["deleted"] is True
        assert "admin-secret" not in server.log()


def test_af_35_what_led_to_the_end_is_in_the_store(tmp_path: Path, installation: dict[str, str]) -> None:
    """Also after a restart, when nothing hot is left of the run (AF.39)."""
    with Server(tmp_path / "data", env=installation) as server:
        before = Flow(server).work(ANGRY)
        assert server.stop() == 0
        server.start().ready()
        after = server.client.get(f"/api/v1/runs/{before['run_id']}").json()
        for name in ("status", "intent", "intent_confidence", "escalate", "escalation_reason", "final_response"):
            assert after[name] == before[name], name
        assert after["escalation_reason"] == "High severity high issue requires human review"
        assert len(after["agent_steps"]) == len(before["agent_steps"]) == 3
