"""A whole conversation by mail, over a real server and a real SMTP server (CV.18, CV.32, CV.41)."""

import email
import time
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest

from tests.channels.email.recorded import DOMAIN, SECRET
from tests.channels.email.test_send import Box, serving
from tests.server import Server

Found = TypeVar("Found")


@pytest.fixture(scope="module")
def post_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Box]]:
    """A server that takes mail and sends some, and the box that it goes to."""
    box = Box()
    with serving(box) as port:
        env = {
            "EMAIL_FROM_ADDRESS": "hello@harbor.example",
            "EMAIL_FROM_NAME": "Harbor",
            "EMAIL_REPLY_DOMAIN": DOMAIN,
            "EMAIL_THREAD_SECRET": SECRET,
            "EMAIL_SMTP_HOST": "127.0.0.1",
            "EMAIL_SMTP_PORT": str(port),
            "EMAIL_SMTP_SECURITY": "none",
        }
        with Server(tmp_path_factory.mktemp("post") / "data", env=env) as server:
            yield server.client, box


def _soon(look: Callable[[], Found | None]) -> Found:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.02)  # until it is there; the deadline bounds it
    raise AssertionError("it did not come")


def _mail_to(box: Box, address: str, count: int = 1) -> Message:
    def look() -> Message | None:
        mails = [email.message_from_bytes(raw) for raw in box.taken]
        own = [one for one in mails if one["To"] == address]
        return own[-1] if len(own) >= count else None

    return _soon(look)


def _own(client: httpx.Client, address: str) -> dict[str, Any]:
    contacts = client.get("/api/v1/contacts", params={"limit": 200}).json()
    (contact,) = [one for one in contacts if any(way["address"] == address for way in one["channels"])]
    listed = client.get("/api/v1/conversations", params={"limit": 200}).json()
    (found,) = [one for one in listed if one["contact_id"] == contact["id"]]
    return dict(found)


def test_a_mail_is_answered_in_its_thread_and_the_answer_comes_back(post_office: tuple[httpx.Client, Box]) -> None:
    client, box = post_office
    address = f"asha-{uuid4().hex[:8]}@distributor.example"
    first = {
        "from": f"Asha <{address}>",
        "subject": "Invoice",
        "text": "I'll pay on Friday.",
        "message_id": f"<{uuid4()}@d.example>",
    }
    assert client.post("/webhooks/email", json=first).status_code == 200
    reply = _mail_to(box, address)
    assert (reply["In-Reply-To"], reply["Subject"]) == (first["message_id"], "Re: Invoice")
    assert reply["References"].split()[-1] == first["message_id"]
    assert reply["Auto-Submitted"] == "auto-replied"
    conversation = _own(client, address)
    second = {
        "from": f"asha-{uuid4().hex[:8]}@home.example",
        "subject": reply["Subject"],
        "text": "Paid.\n\n> I quote you",
        "message_id": f"<{uuid4()}@h.example>",
        "in_reply_to": reply["Message-ID"],
    }
    assert client.post("/webhooks/email", json=second).status_code == 200
    again = _mail_to(box, address, 2)
    assert again["In-Reply-To"] == second["message_id"]
    full = client.get(f"/api/v1/conversations/{conversation['id']}").json()
    assert [one["content"] for one in full["messages"] if one["direction"] == "inbound"] == [
        "I'll pay on Friday.",
        "Paid.",
    ]
    assert not [raw for raw in box.taken if b"home.example" in raw.split(b"\r\n\r\n")[0].split(b"In-Reply-To")[0]]


def test_our_own_mail_brought_back_is_not_answered(post_office: tuple[httpx.Client, Box]) -> None:
    """A loop ends at its first round."""
    client, box = post_office
    address = f"loop-{uuid4().hex[:8]}@distributor.example"
    first = {"from": address, "subject": "x", "text": "I'll pay on Friday.", "message_id": f"<{uuid4()}@d.example>"}
    client.post("/webhooks/email", json=first)
    reply = _mail_to(box, address)
    raw = reply.as_bytes().replace(b"hello@harbor.example", address.encode())
    answer = client.post("/webhooks/email", content=raw, headers={"Content-Type": "message/rfc822"})
    assert (answer.status_code, "ignored" in answer.json()) == (200, True)


def test_a_follow_up_goes_out_by_mail(post_office: tuple[httpx.Client, Box]) -> None:
    client, box = post_office
    address = f"follow-{uuid4().hex[:8]}@distributor.example"
    first = {"from": address, "subject": "x", "text": "Good morning", "message_id": f"<{uuid4()}@d.example>"}
    client.post("/webhooks/email", json=first)
    _mail_to(box, address)
    entity = {"entity_type": "invoice", "entity_id": f"INV-{uuid4().hex[:8]}"}
    begun = client.post(
        "/api/v1/state-bindings",
        json={"conversation_id": _own(client, address)["id"], "process_type": "payment_collection", **entity},
    )
    assert begun.status_code == 200, begun.text
    paid = client.post("/api/v1/events", json={"event_name": "payment_received", "data": entity})
    assert paid.json()["results"]
    thanks = _mail_to(box, address, 2)
    assert thanks["Auto-Submitted"] == "auto-generated"
    assert thanks["Reply-To"].endswith(f"@{DOMAIN}")
