"""What is said on WhatsApp is answered there, through the Graph API (AS.41, AS.42, CV.17, CV.41)."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.channels.test_whatsapp import ENV, a_message_id, a_phone, answered, bring, said
from tests.channels.whatsapp.graph_server import TOKEN, Meta, graph_api
from tests.channels.whatsapp.recorded import NUMBER_ID, text_of
from tests.server import Server

SECONDS = 15.0


@pytest.fixture(scope="module")
def meta() -> Iterator[Meta]:
    """The Graph API."""
    with graph_api() as state:
        yield state


@pytest.fixture(scope="module")
def server(meta: Meta, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that sends there, and tries again soon."""
    env = {
        **ENV,
        "WHATSAPP_PHONE_NUMBER_ID": "999",
        "WHATSAPP_ACCESS_TOKEN": TOKEN,
        "WHATSAPP_BASE_URL": meta.url,
        "RETRY_BACKOFF_SECONDS": "0.1",
    }
    with Server(tmp_path_factory.mktemp("replies") / "data", env=env) as running:
        yield running


def sent_to(meta: Meta, phone: str, count: int = 1) -> list[dict[str, Any]]:
    """What was sent to a number, once there is so much."""
    deadline = time.monotonic() + SECONDS
    while len(found := [one for one in meta.sent if one.get("to") == phone]) < count:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)  # the deadline bounds it
    return found


@pytest.mark.parametrize("path", ["/webhook", "/webhooks/whatsapp"])
def test_as_41_a_message_is_answered_once_on_whatsapp(server: Server, meta: Meta, path: str) -> None:
    phone, message_id = a_phone(), a_message_id()
    body = text_of("What does Pro cost?", message_id=message_id, phone=phone)
    for _ in range(3):
        assert bring(server, body, path).json() == {"status": "ok"}
    bring(server, text_of("thanks", message_id=a_message_id(), phone=phone), path)
    first, second = sent_to(meta, phone, 2)
    assert first["type"] == "text"
    assert first["biz_opaque_callback_data"] != second["biz_opaque_callback_data"]
    assert f"/v25.0/{NUMBER_ID}/messages" in meta.paths  # from the number that was written to, not the one that is set
    if path == "/webhook":
        assert first["text"]["body"] == server.say("What does Pro cost?", a_phone())["response"]
    else:
        assert said(answered(server, phone, 2), "outbound") == [one["text"]["body"] for one in (first, second)]
    assert len(sent_to(meta, phone, 2)) == 2


def test_as_42_what_meta_cannot_take_now_is_sent_later(server: Server, meta: Meta) -> None:
    phone = a_phone()
    meta.refuse(131016, 500)
    bring(server, text_of("What does Pro cost?", message_id=a_message_id(), phone=phone), "/webhook")
    refused, taken = sent_to(meta, phone, 2)
    assert refused == taken


def test_cv_41_whatsapp_is_among_the_channels(server: Server) -> None:
    assert "whatsapp" in server.client.get("/api/v1/stats").json()["available_channels"]


def test_cv_27_a_follow_up_goes_where_the_person_is(server: Server, meta: Meta) -> None:
    phone = a_phone()
    bring(server, text_of("Hello", message_id=a_message_id(), phone=phone))
    sent_to(meta, phone)
    conversation = answered(server, phone)
    begun = {
        "process_type": "payment_collection",
        "initial_state": "promised",
        "entity_type": "invoice",
        "entity_id": phone,
    }
    _post(server, "state-bindings", {"conversation_id": conversation["id"], **begun})
    told = {"trigger_type": "timeout", "trigger_value": "promise_check", "extra_data": {}}
    _post(server, "context-change", {"conversation_id": conversation["id"], **told})
    reminder = sent_to(meta, phone, 2)[1]
    assert reminder["type"] == "text"
    assert reminder["text"]["body"]


def _post(server: Server, path: str, body: dict[str, Any]) -> None:
    answer: httpx.Response = server.client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 200, answer.text
