"""An inquiry at the door."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from uuid import UUID

import pytest

from tests.api.autoflow.flow import ASKING, WAIT_SECONDS, Flow, a_word
from tests.server import Server


def test_af_3_an_inquiry_has_a_run_at_once(flow: Flow) -> None:
    answer = flow.post()
    assert answer.status_code == 200
    told = answer.json()
    assert UUID(told["run_id"]).version == 4
    assert told == {
        "run_id": told["run_id"],
        "status": "running",
        "message": "Inquiry received and processing",
        "poll_url": f"/api/v1/status/{told['run_id']}",
        "idempotent_replay": False,
    }
    assert answer.headers["x-run-id"] == told["run_id"]
    assert flow.client.get(told["poll_url"]).json()["run_id"] == told["run_id"]


def test_af_3_metadata_is_accepted_and_kept_nowhere(flow: Flow) -> None:
    word = a_word()
    run_id = flow.bring(metadata={"crm": word, "deep": {"list": [1, None]}})
    assert word not in flow.client.get(f"/api/v1/runs/{run_id}").text
    assert flow.client.get("/api/v1/runs", params={"q": word}).json() == []


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"sender_name": ""}, "sender_name"),
        ({"sender_name": "a" * 201}, "sender_name"),
        ({"sender_email": "not a mail address"}, "sender_email"),
        ({"sender_email": "a@b"}, "sender_email"),
        ({"subject": ""}, "subject"),
        ({"subject": "s" * 501}, "subject"),
        ({"body": ""}, "body"),
        ({"body": "   "}, "body"),
        ({"body": "b" * 5001}, "body"),
        ({"body": "a\x00b"}, "body"),
        ({"subject": "a\x00b"}, "subject"),
        ({"body": 5}, "body"),
        ({"metadata": "text"}, "metadata"),
        ({"priority": "high"}, "priority"),
    ],
)
def test_af_18_what_is_wrong_is_said_with_its_place(flow: Flow, fields: dict[str, object], place: str) -> None:
    given = {"sender_name": "Ada", "sender_email": "ada@example.com", "subject": "Hi", "body": ASKING, **fields}
    answer = flow.client.post("/api/v1/webhook", json=given)
    assert answer.status_code == 422
    told = answer.json()
    assert told["error"] == "validation_error"
    assert told["message"] == "Request body or parameters failed validation"
    assert place in [part for problem in told["details"] for part in problem["loc"]]
    assert told["request_id"] == answer.headers["x-request-id"]


def test_af_18_a_body_that_is_no_json_is_refused(flow: Flow) -> None:
    answer = flow.client.post("/api/v1/webhook", content=b"{", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"] == "validation_error"


def test_af_11_a_key_that_is_set_is_asked_for(tmp_path: Path, installation: dict[str, str]) -> None:
    env = {**installation, "WEBHOOK_API_KEY": "old-key, new-key"}
    with Server(tmp_path / "data", env=env) as server:
        flow = Flow(server)
        for headers in ({}, {"X-API-Key": "wrong"}, {"X-API-Key": ""}, {"X-API-Key": "old-key, new-key"}):
            refused = flow.post(headers=headers)
            assert refused.status_code == 401, headers
            assert refused.json() == {"detail": "Invalid or missing API key"}
        for key in ("old-key", "new-key"):  # both, while one is changed for the other
            assert flow.post(headers={"X-API-Key": key}).status_code == 200
        assert len(flow.client.get("/api/v1/runs", params={"q": "Ada"}).json()) >= 2
        assert "old-key" not in server.log()


def test_af_11_without_a_key_the_door_is_open(flow: Flow) -> None:
    assert flow.post(headers={"X-API-Key": "whatever"}).status_code == 200


def test_af_14_a_client_that_comes_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    with Server(tmp_path / "data", env={"WEBHOOK_RATE_LIMIT": "3/minute"}) as server:
        flow = Flow(server)
        allowed = [flow.post() for _ in range(3)]
        assert [answer.status_code for answer in allowed] == [200, 200, 200]
        assert [answer.headers["x-ratelimit-remaining"] for answer in allowed] == ["2", "1", "0"]
        assert {answer.headers["x-ratelimit-limit"] for answer in allowed} == {"3"}
        refused = flow.post()
        assert refused.status_code == 429
        assert refused.json() == {"error": "Rate limit exceeded: 3/minute"}
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert len(flow.client.get("/api/v1/runs").json()) == 3
        assert flow.client.get("/health").status_code == 200  # only the webhook is limited


def test_af_14_processes_share_their_counts_in_redis(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    env = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "RATE_LIMIT_STORAGE": "redis"}
    env["WEBHOOK_RATE_LIMIT"] = "2/hour"
    with Server(tmp_path / "one", env=env) as one, Server(tmp_path / "two", env=env) as two:
        codes = [Flow(server).post().status_code for server in (one, two, one, two)]
        assert codes == [200, 200, 429, 429]


def test_af_14_a_limit_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", env={"WEBHOOK_RATE_LIMIT": "plenty"}).start()
    assert server.wait() == 1
    assert "WEBHOOK_RATE_LIMIT is 'plenty', which is no rate limit; write it like 60/minute" in server.log()


def test_af_15_a_repeated_key_gets_the_run_of_then(flow: Flow) -> None:
    key = {"Idempotency-Key": a_word()}
    first = flow.post(headers=key).json()
    flow.ended(first["run_id"])
    again = flow.post(headers=key).json()
    assert again == {
        "run_id": first["run_id"],
        "status": "completed",
        "message": "Idempotent replay: same Idempotency-Key; existing run returned.",
        "poll_url": first["poll_url"],
        "idempotent_replay": True,
    }


def test_af_15_a_key_is_stripped_blank_is_none_and_the_end_of_a_long_one_is_not_looked_at(flow: Flow) -> None:
    word = a_word()
    assert flow.post(headers={"Idempotency-Key": word}).json()["idempotent_replay"] is False
    assert padded(flow, f"  {word} \t ")["idempotent_replay"] is True
    assert {padded(flow, "   ")["idempotent_replay"] for _ in range(2)} == {False}
    long = word + "k" * 10_240
    assert flow.post(headers={"Idempotency-Key": long}).json()["idempotent_replay"] is False
    assert flow.post(headers={"Idempotency-Key": long[:256]}).json()["idempotent_replay"] is True


def padded(flow: Flow, key: str) -> dict[str, object]:
    """What is answered to a key as it is; a better client would not send it so."""
    inquiry = {"sender_name": "Ada", "sender_email": "ada@example.com", "subject": "A question", "body": ASKING}
    connection = HTTPConnection("127.0.0.1", flow.server.port)
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/webhook", json.dumps(inquiry), headers)
    told: dict[str, object] = json.loads(connection.getresponse().read())
    connection.close()
    return told


def test_af_15_the_same_key_with_another_body_is_refused(flow: Flow) -> None:
    key = {"Idempotency-Key": a_word()}
    assert flow.post(headers=key).status_code == 200
    refused = flow.post("Something else entirely, please.", headers=key)
    assert refused.status_code == 422
    assert "used before with another request" in refused.json()["detail"]


def test_af_15_two_at_once_make_one_run(flow: Flow) -> None:
    key = {"Idempotency-Key": a_word()}
    word = a_word()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: flow.post(word, headers=key).json(), range(8)))
    assert len({answer["run_id"] for answer in answers}) == 1
    assert sorted(answer["idempotent_replay"] for answer in answers) == [False] + [True] * 7
    assert len(flow.client.get("/api/v1/runs", params={"q": word}).json()) == 1


def test_af_15_a_key_is_forgotten_after_its_time(tmp_path: Path, installation: dict[str, str]) -> None:
    with Server(tmp_path / "data", env={**installation, "IDEMPOTENCY_TTL_SECONDS": "1"}) as server:
        flow = Flow(server)
        key = {"Idempotency-Key": a_word()}
        first = flow.post(headers=key).json()["run_id"]
        flow.ended(first)
        later = _until_new(flow, key, first)
        assert later["idempotent_replay"] is False


def _until_new(flow: Flow, key: dict[str, str], first: str) -> dict[str, object]:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        told: dict[str, object] = flow.post(headers=key).json()
        if told["run_id"] != first:
            return told
        time.sleep(0.1)  # the deadline bounds it
    raise AssertionError("the key is never forgotten")


def test_af_19_the_request_id_comes_back_and_is_logged(flow: Flow) -> None:
    answer = flow.post(headers={"X-Request-ID": "trace-77"})
    assert answer.headers["x-request-id"] == "trace-77"
    assert UUID(flow.post().headers["x-request-id"]).version == 4


def test_af_24_what_was_accepted_survives_a_power_cut(tmp_path: Path, installation: dict[str, str]) -> None:
    with Server(tmp_path / "data", env=installation) as server:
        runs = [Flow(server).bring() for _ in range(20)]
        server.kill()
        server.start().ready()
        assert {Flow(server).ended(run_id)["status"] for run_id in runs} == {"completed"}
