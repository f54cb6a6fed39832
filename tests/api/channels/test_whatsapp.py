"""WhatsApp's webhooks on a running server (AS.38 to AS.43, CV.17, CV.32)."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.channels.whatsapp.recorded import SECRET, USER_ID, headers, recorded, text_of
from tests.server import Server

TOKEN = "our-word"
ENV = {"WHATSAPP_APP_SECRET": SECRET, "WHATSAPP_VERIFY_TOKEN": TOKEN}
SECONDS = 10.0  # for a turn in the background; usually a hundredth of one


@pytest.fixture(scope="module", params=("sqlite", "postgres+redis"))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that Meta may call."""
    env = dict(ENV)
    if request.param != "sqlite":
        env |= {"DATABASE_URL": request.getfixturevalue("postgres_url")}
        env |= {"REDIS_URL": request.getfixturevalue("redis_url")}
    with Server(tmp_path_factory.mktemp("whatsapp") / "data", env=env) as running:
        yield running


def bring(server: Server, body: bytes, path: str = "/webhooks/whatsapp", secret: str = SECRET) -> httpx.Response:
    return server.client.post(path, content=body, headers=headers(body, secret))


def a_phone() -> str:
    return f"49{uuid4().int % 10**10:010}"


def a_message_id() -> str:
    return f"wamid.{uuid4().hex}"


def until(found: Callable[[], Any]) -> Any:
    """What is found, once it is there."""
    deadline = time.monotonic() + SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
    return value


def conversations(server: Server, phone: str) -> list[dict[str, Any]]:
    """Those of whoever has the number."""
    contacts = server.client.get("/api/v1/contacts", params={"limit": 200}).json()
    ids = {one["id"] for one in contacts if any(phone in at["address"] for at in one["channels"])}
    found = server.client.get("/api/v1/conversations", params={"limit": 200}).json()
    return [server.client.get(f"/api/v1/conversations/{one['id']}").json() for one in found if one["contact_id"] in ids]


def said(conversation: dict[str, Any], direction: str = "inbound") -> list[str]:
    return [one["content"] for one in conversation["messages"] if one["direction"] == direction]


def answered(server: Server, phone: str, count: int = 1) -> dict[str, Any]:
    """The one conversation of a number, once so many answers stand in it."""

    def found() -> dict[str, Any] | None:
        for one in conversations(server, phone):
            if len(said(one, "outbound")) >= count:
                return one
        return None

    conversation: dict[str, Any] = until(found)
    assert len(conversations(server, phone)) == 1
    return conversation


# Subscribing


def confirm(server: Server, path: str, **more: str) -> httpx.Response:
    asked = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444"} | {
        name.replace("_", ".", 1): value for name, value in more.items()
    }
    return server.client.get(path, params=asked)


def test_as_38_the_challenge_comes_back_as_text(server: Server) -> None:
    answer = confirm(server, "/webhook")
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


def test_cv_17_the_challenge_comes_back_as_a_number(server: Server) -> None:
    answer = confirm(server, "/webhooks/whatsapp")
    assert (answer.status_code, answer.json()) == (200, 1158201444)


@pytest.mark.parametrize("path", ["/webhook", "/webhooks/whatsapp"])
@pytest.mark.parametrize(
    "wrong",
    [{"hub_verify_token": "theirs"}, {"hub_mode": "unsubscribe"}, {"hub_challenge": ""}, {"hub_verify_token": "\x00"}],
)
def test_as_38_nobody_else_is_confirmed(server: Server, path: str, wrong: dict[str, str]) -> None:
    assert confirm(server, path, **wrong).status_code == 403
    assert server.client.get(path).status_code == 403


def test_a_challenge_that_is_no_number_is_refused_where_one_is_wanted(server: Server) -> None:
    assert confirm(server, "/webhooks/whatsapp", hub_challenge="<b>x</b>").status_code == 403
    assert confirm(server, "/webhook", hub_challenge="x" * 1000).status_code == 403


# Bringing


@pytest.mark.parametrize("path", ["/webhook", "/webhooks/whatsapp"])
def test_as_39_a_bad_signature_is_refused_and_nothing_is_stored(server: Server, path: str) -> None:
    phone = a_phone()
    body = text_of("hello", message_id=a_message_id(), phone=phone)
    for given in (headers(body, "other"), headers(body + b" "), {}, {"X-Hub-Signature-256": "sha256="}):
        answer = server.client.post(path, content=body, headers=given)
        assert (answer.status_code, answer.json()) == (403, {"detail": "Invalid signature"})
    assert conversations(server, phone) == []


@pytest.mark.parametrize("path", ["/webhook", "/webhooks/whatsapp"])
@pytest.mark.parametrize(
    "name", ["status_read", "status_failed", "reaction", "system", "unsupported", "template_status"]
)
def test_as_43_what_is_no_message_is_taken_quietly(server: Server, path: str, name: str) -> None:
    answer = bring(server, recorded(name), path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_as_40_the_sender_is_the_session(server: Server) -> None:
    phone = a_phone()
    answer = bring(server, text_of("I want to sign up", message_id=a_message_id(), phone=phone), "/webhook")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "mail" in server.say("Ada Lovelace", phone)["response"].lower()  # the form that was begun goes on
    bring(server, text_of("ada@example.com", message_id=a_message_id(), phone=phone), "/webhook")
    assert server.say("YouTube", phone)["lead_captured"] is True


def test_as_41_the_reply_is_that_of_chat(tmp_path: Path) -> None:
    question, phone = "What does Pro cost?", a_phone()
    with Server(tmp_path / "data", env=ENV) as alone:
        wanted = alone.say(question, "somebody")["response"]
        bring(alone, text_of(question, message_id=a_message_id(), phone=phone), "/webhook")
        kept = tmp_path / "data" / "conversations" / "conversations.json"
        session = until(lambda: json.loads(kept.read_text()).get(phone) if kept.exists() else None)
    assert [one["content"] for one in session["messages"]] == [question, wanted]
    assert session["response"] == wanted


def test_cv_17_a_message_makes_a_contact_with_its_name_and_is_answered(server: Server) -> None:
    phone = a_phone()
    body = text_of("I will pay tomorrow", message_id=a_message_id(), phone=phone)
    assert bring(server, body).json() == {"status": "ok"}
    conversation = answered(server, phone)
    assert said(conversation) == ["I will pay tomorrow"]
    assert conversation["channels_used"] == ["whatsapp"]
    contacts = server.client.get("/api/v1/contacts", params={"limit": 200}).json()
    (contact,) = [one for one in contacts if one["id"] == conversation["contact_id"]]
    assert contact["name"] == "Sheena Nelson"
    assert [one["address"] for one in contact["channels"]] == [f"+{phone}"]


def test_a_message_that_is_brought_again_is_worked_once(server: Server) -> None:
    phone = a_phone()
    body = text_of("I will pay tomorrow", message_id=a_message_id(), phone=phone)
    other = text_of("thank you", message_id=a_message_id(), phone=phone)
    for one in (body, body, other, body):
        assert bring(server, one).status_code == 200
    conversation = answered(server, phone, 2)
    assert said(conversation) == ["I will pay tomorrow", "thank you"]


def test_a_webhook_may_be_as_large_as_meta_makes_them(server: Server) -> None:
    phone = a_phone()
    value = json.loads(text_of("I will pay tomorrow", message_id=a_message_id(), phone=phone))
    padded = json.dumps({**value, "padding": "x" * (2 * 1024 * 1024)}).encode()
    assert bring(server, padded).status_code == 200
    assert said(answered(server, phone)) == ["I will pay tomorrow"]
    assert bring(server, padded + b" " * (1024 * 1024)).status_code == 413


def test_a_message_told_otherwise_the_second_time_is_worked_once(server: Server) -> None:
    phone, message_id = a_phone(), a_message_id()
    for text in ("I will pay tomorrow", "something else"):
        assert bring(server, text_of(text, message_id=message_id, phone=phone)).status_code == 200
    assert said(answered(server, phone)) == ["I will pay tomorrow"]


@pytest.mark.parametrize("number_first", [True, False])
def test_number_and_user_id_lead_to_one_conversation(server: Server, number_first: bool) -> None:
    phone, user_id = a_phone(), f"DE.{uuid4().hex}"
    both = text_of("I will pay tomorrow", message_id=a_message_id(), phone=phone, user_id=user_id)
    alone = _by_user_id(user_id)
    for body in (both, alone) if number_first else (alone, both):
        assert bring(server, body).status_code == 200
    assert bring(server, _by_user_id(user_id)).status_code == 200
    conversation = answered(server, phone, 3)
    assert len(said(conversation)) == 3
    contacts = server.client.get("/api/v1/contacts", params={"limit": 200}).json()
    (contact,) = [one for one in contacts if one["id"] == conversation["contact_id"]]
    assert {one["address"] for one in contact["channels"]} == {f"+{phone}", user_id}
    assert contact["name"] == "Sheena Nelson"


def _by_user_id(user_id: str) -> bytes:
    body = recorded("user_id_only").decode().replace(USER_ID, user_id)
    value = json.loads(body)
    value["entry"][0]["changes"][0]["value"]["messages"][0]["id"] = a_message_id()
    return json.dumps(value).encode()


def test_cv_32_what_was_begun_elsewhere_goes_on_here(server: Server) -> None:
    phone = a_phone()
    asked = {"channel": "whatsapp", "sender_address": f"+{phone}", "content": "When is my invoice due?", "metadata": {}}
    server.client.post("/api/v1/messages/inbound", json=asked)
    bring(server, text_of("I will pay tomorrow", message_id=a_message_id(), phone=phone))
    assert len(said(answered(server, phone, 2))) == 2


def test_without_a_secret_nothing_is_taken(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Server(tmp_path_factory.mktemp("closed") / "data") as closed:
        body = recorded("text")
        for path in ("/webhook", "/webhooks/whatsapp"):
            assert bring(closed, body, path, "").status_code == 403
            assert confirm(closed, path).status_code == 403
