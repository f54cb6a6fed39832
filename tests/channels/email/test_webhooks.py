"""Mail comes in over HTTP to a real server: kept once, led to its conversation, refused as each provider expects."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from antiphon.channels.email.thread import Threads
from tests.channels.email.recorded import DOMAIN, MAILGUN_KEY, POSTMARK_TOKEN, SECRET, payload
from tests.server import Server

ENV = {
    "EMAIL_FROM_ADDRESS": "hello@harbor.example",
    "EMAIL_REPLY_DOMAIN": DOMAIN,
    "EMAIL_THREAD_SECRET": SECRET,
    "EMAIL_MAILGUN_SIGNING_KEY": MAILGUN_KEY,
    "EMAIL_POSTMARK_TOKEN": POSTMARK_TOKEN,
}
POSTMARK = f"/webhooks/email/postmark?token={POSTMARK_TOKEN}"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that takes mail."""
    with Server(tmp_path_factory.mktemp("mail") / "data", env=ENV) as server:
        yield server.client


def _mail(sender: str, text: str = "I'll pay on Friday.", **more: Any) -> dict[str, Any]:
    return {"from": sender, "subject": "Invoice", "text": text, "message_id": f"<{uuid4()}@b.example>", **more}


def _someone() -> str:
    return f"p-{uuid4().hex[:12]}@b.example"


def _post(client: httpx.Client, said: object, path: str = "/webhooks/email") -> httpx.Response:
    return client.post(path, json=said)


def _contact(client: httpx.Client, sender: str) -> dict[str, Any]:
    (found,) = [
        one
        for one in client.get("/api/v1/contacts", params={"limit": 200}).json()
        if any(way["address"] == sender for way in one["channels"])
    ]
    return dict(found)


def _messages(client: httpx.Client, sender: str, count: int) -> list[str]:
    """What the sender's contact has said, once that many are worked."""
    contact = _contact(client, sender)
    deadline = time.monotonic() + 20
    while True:
        listed = client.get("/api/v1/conversations", params={"limit": 200}).json()
        (own,) = [one for one in listed if one["contact_id"] == contact["id"]]
        told = client.get(f"/api/v1/conversations/{own['id']}").json()["messages"]
        said = [one["content"] for one in told if one["direction"] == "inbound"]
        if len(said) >= count or time.monotonic() > deadline:
            return said
        time.sleep(0.02)  # until it is worked; the deadline bounds it


def test_a_mail_is_kept_and_worked(client: httpx.Client) -> None:
    """CV.18: POST /webhooks/email."""
    sender = _someone()
    answer = _post(client, _mail(f"Asha Rao <{sender.upper()}>", "I'll pay on Friday.\n\n> Your invoice is due."))
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["X-Run-ID"]
    assert _messages(client, sender, 1) == ["I'll pay on Friday."]
    assert _contact(client, sender)["name"] == "Asha Rao"


def test_the_same_mail_twice_is_one(client: httpx.Client) -> None:
    sender = _someone()
    said = _mail(sender)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: _post(client, said), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["X-Run-ID"] for answer in answers}) == 1
    changed = _post(client, {**said, "text": "something else under the same id"})
    assert (changed.status_code, "ignored" in changed.json()) == (200, True)
    assert _messages(client, sender, 1) == ["I'll pay on Friday."]


def test_an_answer_from_another_address_stays_in_its_conversation(client: httpx.Client) -> None:
    """Threading by our own Message-ID and by the token in the address; CV.32."""
    sender = _someone()
    _post(client, _mail(sender))
    _messages(client, sender, 1)
    contact = _contact(client, sender)
    (own,) = [one for one in client.get("/api/v1/conversations?limit=200").json() if one["contact_id"] == contact["id"]]
    threads = Threads((SECRET,), DOMAIN)
    by_id = _mail("assistant@c.example", "The assistant, by id.", in_reply_to=threads.message_id("k", own["id"]))
    by_address = _mail("assistant@c.example", "And by address.", to=threads.reply_address(own["id"]))
    stranger = _mail(_someone(), "A stranger.", in_reply_to=Threads(("guess",), DOMAIN).message_id("k", own["id"]))
    for said in (by_id, by_address, stranger):
        assert _post(client, said).status_code == 200
    assert _messages(client, sender, 3) == ["I'll pay on Friday.", "The assistant, by id.", "And by address."]


@pytest.mark.parametrize("name", ["sendgrid.form", "sendgrid_raw.form", "mailgun.form", "postmark.json", "raw.eml"])
def test_each_provider_is_taken(client: httpx.Client, name: str) -> None:
    kind, body = payload(name, int(time.time()))
    unique = uuid4().hex[:12].encode()
    mine = body.replace(b"asha-1", unique).replace(b"mg-77", unique).replace(b"pm-1", unique).replace(b"MB-12", unique)
    provider = name.partition(".")[0].partition("_")[0]
    path = {"postmark": POSTMARK, "raw": "/webhooks/email"}.get(provider, f"/webhooks/email/{provider}")
    answer = client.post(path, content=mine, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (
        client.post(path, content=mine, headers={"Content-Type": kind}).headers["X-Run-ID"]
        == answer.headers["X-Run-ID"]
    )


@pytest.mark.parametrize(
    ("name", "reason"), [("bounce.eml", "delivery report"), ("out_of_office.eml", "automatic reply")]
)
def test_what_no_person_wrote_is_left_quietly(client: httpx.Client, name: str, reason: str) -> None:
    kind, body = payload(name)
    answer = client.post("/webhooks/email", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "ignored": reason})


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/webhooks/email", 422),
        ("/webhooks/email/sendgrid", 422),
        ("/webhooks/email/mailgun", 406),
        ("/webhooks/email/mailgun/mime", 406),
        ("/webhooks/email/postmark", 403),
        (POSTMARK, 403),
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff\x00", b"{" * 100_000, b"--x\r\n"])
def test_rubbish_is_refused_as_the_provider_expects(client: httpx.Client, path: str, status: int, body: bytes) -> None:
    for kind in ("application/json", "multipart/form-data; boundary=x", "multipart/form-data", "message/rfc822", ""):
        answer = client.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/webhooks/email", 413), ("/webhooks/email/sendgrid", 413), ("/webhooks/email/mailgun", 406), (POSTMARK, 403)],
)
def test_thirty_megabytes_are_refused(client: httpx.Client, path: str, status: int) -> None:
    answer = client.post(path, content=b"x" * (30 * MEGABYTE), headers={"Content-Type": "message/rfc822"})
    assert answer.status_code == status
    assert client.get("/health").status_code == 200


def test_a_large_attachment_is_noted_and_not_kept(client: httpx.Client) -> None:
    sender = _someone()
    raw = (
        (
            f"From: {sender}\r\nSubject: photo\r\nMessage-ID: <{uuid4()}@b.example>\r\n"
            "Content-Type: multipart/mixed; boundary=x\r\n\r\n"
            "--x\r\nContent-Type: text/plain\r\n\r\nSee the photo.\r\n--x\r\nContent-Type: image/png; name=a.png\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        ).encode()
        + (b"A" * 76 + b"\r\n") * 150_000
        + b"--x--\r\n"
    )
    answer = client.post("/webhooks/email", content=raw, headers={"Content-Type": "message/rfc822"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert _messages(client, sender, 1) == ["See the photo."]
