"""AF.52: inquiries that are signed, at the door."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks import Webhook

from tests.api.autoflow.flow import ASKING, OPEN, Flow
from tests.server import Server

OLD, NEW, FOREIGN = ("whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2, 3))
BODY = json.dumps(
    {"sender_name": "Ada", "sender_email": "ada@example.com", "subject": "A question", "body": ASKING}
).encode()


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    """A server that knows two secrets and a key."""
    env = {**OPEN, "WEBHOOK_SIGNING_SECRETS": f"{OLD}, {NEW}", "WEBHOOK_API_KEY": "k-1"}
    with Server(tmp_path_factory.mktemp("signed") / "data", env=env) as server:
        yield Flow(server)
        assert "whsec" not in server.log()


def send(flow: Flow, secret: str, *, name: str = "msg_1", age: float = 0, body: bytes = BODY) -> httpx.Response:
    at = datetime.now(UTC) - timedelta(seconds=age)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, at, BODY.decode()),
        "content-type": "application/json",
    }
    return flow.client.post("/api/v1/webhook", content=body, headers=headers)


def test_af_52_either_secret_or_the_key_is_good(flow: Flow) -> None:
    assert send(flow, OLD, name="msg_old").status_code == 200
    assert send(flow, NEW, name="msg_new").status_code == 200
    assert flow.post(headers={"X-API-Key": "k-1"}).status_code == 200


def test_af_52_what_is_not_signed_rightly_is_told_why(flow: Flow) -> None:
    other = BODY.replace(b"Ada", b"Eve")
    for answer, why in (
        (send(flow, FOREIGN), "does not match"),
        (send(flow, NEW, age=600), "too old"),
        (send(flow, NEW, body=other), "does not match"),
        (flow.post(), "missing"),
    ):
        assert answer.status_code == 401
        assert why in answer.json()["detail"]
    wrong = flow.post(headers={"X-API-Key": "k-2"})
    assert (wrong.status_code, wrong.json()) == (401, {"detail": "Invalid or missing API key"})


def test_af_52_a_message_that_is_sent_again_is_one_inquiry(flow: Flow) -> None:
    first, again = send(flow, NEW, name="msg_7").json(), send(flow, NEW, name="msg_7", age=5).json()
    assert again["run_id"] == first["run_id"]
    assert (first["idempotent_replay"], again["idempotent_replay"]) == (False, True)
