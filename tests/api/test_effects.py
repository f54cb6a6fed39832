"""Effects over HTTP (AF.52, AF.53): notices leave soon, what is dead is seen and replayed, and only by who may."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.receiver import Answer, Receiver, receiving
from tests.server import Server

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ADMIN = {"X-Admin-Key": "the-admin-key"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    """A server with one receiver; each test leaves it answering 200."""
    env = {
        "NOTIFY_URLS": f"{receiver.url}/hook/sw0rdfish",
        "NOTIFY_SECRETS": SECRET,
        "AUTOFLOW_ADMIN_API_KEY": ADMIN["X-Admin-Key"],
        "LOG_LEVEL": "DEBUG",
    }
    with Server(tmp_path_factory.mktemp("effects") / "data", env=env) as running:
        running.client.headers.update(ADMIN)
        yield running


@pytest.fixture
def refusing(receiver: Receiver) -> Iterator[Receiver]:
    """The receiver, which answers 410 to everything."""
    receiver.always = Answer(status=410)
    yield receiver
    receiver.always = None


def effects(server: Server, **query: Any) -> list[dict[str, Any]]:
    answer = server.client.get("/api/v1/effects", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def until(server: Server, key: str, status: str) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while (found := server.client.get(f"/api/v1/effects/{key}").json())["status"] != status:
        assert time.monotonic() < deadline, found
        time.sleep(0.01)  # the deadline bounds it
    answer: dict[str, Any] = found
    return answer


def promised(server: Server, session: str, receiver: Receiver) -> str:
    """The key of the notice of a run that has just ended."""
    before = len(receiver.received)
    server.say("Hi", session)
    return receiver.wait_for(before + 1)[-1].headers["webhook-id"]


def test_af_52_a_notice_leaves_at_once_and_can_be_verified(server: Server, session: str, receiver: Receiver) -> None:
    server.say("Hi", session)
    key = promised(server, session, receiver)
    request = receiver.received[-1]
    event = Webhook(SECRET).verify(request.body, request.headers)
    assert (event["type"], event["data"]["pack"], event["data"]["status"]) == (
        "run.completed",
        "autostream",
        "completed",
    )
    done = until(server, key, "done")
    assert done["run_id"] == event["data"]["run_id"] == event["subject"]
    assert done["payload"] == {"event": event}


def test_af_52_a_lead_is_told_without_what_the_person_said(server: Server, session: str, receiver: Receiver) -> None:
    before = len(receiver.received)
    for text in ("I want to sign up", "Ada Lovelace", "ada@secret.example", "YouTube"):
        server.say(text, session)
    sent = receiver.wait_for(before + 5)[before:]
    assert sorted(json.loads(one.body)["type"] for one in sent) == ["lead.captured", *["run.completed"] * 4]
    assert all(b"secret" not in one.body and b"Lovelace" not in one.body for one in sent)


def test_af_53_what_is_dead_is_listed_and_replayed(server: Server, session: str, refusing: Receiver) -> None:
    key = promised(server, session, refusing)
    dead = until(server, key, "dead")
    assert (dead["attempts"], dead["reason"]) == (1, "127.0.0.1 answered 410")
    assert key in [one["key"] for one in effects(server, status="dead", kind="notify")]
    assert effects(server, status="dead", kind="send") == []
    assert effects(server, status="parked") == []
    refusing.always = None
    answer = server.client.post(f"/api/v1/effects/{key}/replay")
    assert (answer.status_code, answer.json()) == (200, {"key": key, "status": "pending"})
    assert until(server, key, "done")["attempts"] == 2
    again = server.client.post(f"/api/v1/effects/{key}/replay")
    assert again.status_code == 409
    assert "is done" in again.json()["detail"]
    assert [one.headers["webhook-id"] for one in refusing.received].count(key) == 2


def test_all_that_is_dead_is_replayed(server: Server, session: str, refusing: Receiver) -> None:
    keys = [promised(server, session, refusing) for _ in range(3)]
    for key in keys:
        until(server, key, "dead")
    refusing.always = None
    answer = server.client.post("/api/v1/effects/replay", json={"status": ["parked"]})
    assert (answer.status_code, answer.json()) == (200, {"replayed": 0})
    answer = server.client.post("/api/v1/effects/replay", json={"kind": "notify"})
    assert answer.json()["replayed"] >= 3
    for key in keys:
        until(server, key, "done")
    assert server.client.post("/api/v1/effects/replay", json={}).json() == {"replayed": 0}


def test_a_dead_effect_is_cancelled_for_good(server: Server, session: str, refusing: Receiver) -> None:
    key = promised(server, session, refusing)
    until(server, key, "dead")
    assert server.client.post(f"/api/v1/effects/{key}/cancel").json() == {"key": key, "status": "cancelled"}
    assert server.client.post(f"/api/v1/effects/{key}/cancel").status_code == 409
    assert server.client.post(f"/api/v1/effects/{key}/replay").status_code == 409
    assert key in [one["key"] for one in effects(server, status="cancelled")]


def test_lists_go_on_where_their_cursor_says(server: Server, session: str, receiver: Receiver) -> None:
    for _ in range(5):
        until(server, promised(server, session, receiver), "done")
    keys, cursor = [], None
    while True:
        query: dict[str, str | int] = {"limit": 2, "status": "done", **({"cursor": cursor} if cursor else {})}
        answer = server.client.get("/api/v1/effects", params=query)
        keys += [one["key"] for one in answer.json()]
        if (cursor := answer.headers.get("X-Next-Cursor")) is None:
            break
    assert keys == [one["key"] for one in effects(server, status="done", limit=200)]
    assert len(set(keys)) == len(keys) >= 5


@pytest.mark.parametrize(
    "query",
    [
        {"status": "gone"},
        {"limit": 0},
        {"limit": 201},
        {"cursor": "made-up"},
        {"cursor": ""},
        {"kind": "a\x00b"},
        {"kind": "x" * 301},
    ],
)
def test_a_list_that_cannot_be_meant_is_422(server: Server, query: dict[str, Any]) -> None:
    assert server.client.get("/api/v1/effects", params=query).status_code == 422


@pytest.mark.parametrize(
    "body", [None, [], {"status": []}, {"status": ["done"]}, {"status": "dead"}, {"all": True}, {"kind": 5}]
)
def test_a_replay_that_cannot_be_meant_is_422(server: Server, body: Any) -> None:
    assert server.client.post("/api/v1/effects/replay", json=body).status_code == 422


@pytest.mark.parametrize("key", ["none", "a%00b", "x" * 3000, "%F0%9F%98%80"])
def test_an_effect_that_nobody_knows_is_404(server: Server, key: str) -> None:
    assert server.client.get(f"/api/v1/effects/{key}").status_code == 404
    assert server.client.post(f"/api/v1/effects/{key}/replay").status_code == 404
    assert server.client.post(f"/api/v1/effects/{key}/cancel").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/none"),
        ("POST", "/replay"),
        ("POST", "/none/replay"),
        ("POST", "/none/cancel"),
    ],
)
@pytest.mark.parametrize("key", ["", "wrong"])
def test_effects_are_for_who_has_the_admin_key(server: Server, method: str, path: str, key: str) -> None:
    headers = {"X-Admin-Key": key}
    answer = server.client.request(method, f"/api/v1/effects{path}", headers=headers)
    assert answer.status_code == 401


def test_neither_address_nor_secret_is_logged_or_shown(server: Server, session: str, refusing: Receiver) -> None:
    """Not even at the level DEBUG, nor when it failed."""
    until(server, promised(server, session, refusing), "dead")
    shown = server.log() + json.dumps(effects(server, limit=200))
    assert "sw0rdfish" not in shown
    assert SECRET.removeprefix("whsec_") not in shown


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"NOTIFY_URLS": "https://example.com/sw0rdfish"}, "NOTIFY_SECRETS is not set, and NOTIFY_URLS needs it"),
        ({"NOTIFY_URLS": "sw0rdfish", "NOTIFY_SECRETS": SECRET}, "NOTIFY_URLS cannot be used: address 1"),
        ({"NOTIFY_SECRETS": "sw0rdfish"}, "NOTIFY_SECRETS cannot be used: secret 1"),
        ({"WEBHOOK_SIGNING_SECRETS": f"{SECRET},sw0rdfish"}, "WEBHOOK_SIGNING_SECRETS cannot be used: secret 2"),
        ({"NOTIFY_EVENTS": "run.completed,run.began"}, "NOTIFY_EVENTS is 'run.began'"),
    ],
)
def test_settings_that_cannot_be_meant_stop_the_start(tmp_path: Path, env: dict[str, str], told: str) -> None:
    started = Server(tmp_path / "data", env=env).start()
    assert started.wait() == 1
    log = " ".join(started.log().split())
    assert told in log
    assert "sw0rdfish" not in log
    assert SECRET not in log
