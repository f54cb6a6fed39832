"""A mail finds its conversation by tokens that only we can make, and no machine is answered."""

import base64
from uuid import uuid4

import pytest

from antiphon.channels.email.automatic import MARK, receipts, why_automatic
from antiphon.channels.email.mail import Mail
from antiphon.channels.email.mime import mail_of
from antiphon.channels.email.thread import Threads, references_after
from tests.channels.email.recorded import DOMAIN, SECRET, payload, read

THREADS = Threads((SECRET,), DOMAIN)


def test_an_answer_is_known_by_what_it_replies_to() -> None:
    conversation = str(uuid4())
    ours = THREADS.message_id("run:reply:0", conversation)
    assert ours == THREADS.message_id("run:reply:0", conversation) != THREADS.message_id("run:reply:1", conversation)
    other = str(uuid4())
    replying = Mail(sender="a@b.example", in_reply_to=ours, references=(THREADS.message_id("k", other),))
    assert THREADS.conversation_of(replying) == conversation
    referring = Mail(
        sender="a@b.example", in_reply_to="<x@y.example>", references=(THREADS.message_id("k", other), ours)
    )
    assert THREADS.conversation_of(referring) == conversation


def test_an_answer_is_known_by_where_it_was_sent() -> None:
    conversation = str(uuid4())
    address = THREADS.reply_address(conversation)
    assert address is not None
    assert len(address.partition("@")[0]) <= 64  # RFC 5321
    mail = Mail(sender="a@b.example", recipients=("x@y.example", address.upper().lower()))
    assert THREADS.conversation_of(mail) == conversation


def test_nobody_else_can_name_a_conversation() -> None:
    conversation = str(uuid4())
    token = THREADS.token(conversation)
    raw = bytearray(base64.b32decode(token.upper() + "=" * (-len(token) % 8)))
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= 1
        assert THREADS.conversation(base64.b32encode(changed).decode().rstrip("=").lower()) is None
    assert Threads(("another",), DOMAIN).conversation(token) is None
    assert Threads((), DOMAIN).conversation(token) is None
    assert Threads((), DOMAIN).reply_address(conversation) is None
    assert Threads(("another", SECRET), DOMAIN).conversation(token) == conversation
    for rubbish in ("", "a" * 42, "0" * 42, "ä" * 42):
        assert THREADS.conversation(rubbish) is None


def test_references_keep_the_first_and_the_latest() -> None:
    many = tuple(f"<{number}@b.example>" for number in range(100))
    kept = references_after(many, "<parent@b.example>")
    assert (kept[0], kept[-1], len(kept)) == ("<0@b.example>", "<parent@b.example>", 12)


@pytest.mark.parametrize(
    "headers",
    [
        {"auto-submitted": "auto-replied"},
        {"auto-submitted": "auto-generated (vacation)"},
        {"precedence": "bulk"},
        {"precedence": "auto_reply"},
        {"x-autoreply": "yes"},
        {"x-autorespond": "1"},
        {"list-id": "<x.list.example>"},
        {MARK.lower(): "abc"},
        {"x-failed-recipients": "a@b.example"},
        {"content-type": "multipart/report; report-type=delivery-status"},
    ],
)
def test_automatic_mail_is_known_by_its_headers(headers: dict[str, str]) -> None:
    assert why_automatic(Mail(sender="a@b.example", headers=headers), THREADS, "hello@harbor.example")


@pytest.mark.parametrize(
    "sender",
    [
        "mailer-daemon@mx.example",
        "postmaster@b.example",
        "no-reply@b.example",
        "noreply+7@b.example",
        "hello@harbor.example",
    ],
)
def test_automatic_mail_is_known_by_its_sender(sender: str) -> None:
    assert why_automatic(Mail(sender=sender), THREADS, "hello@harbor.example")


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Invoice",
        "Out of Office Re: x",
        "Abwesenheitsnotiz",
        "Réponse automatique : x",
        "Respuesta automática: x",
    ],
)
def test_automatic_mail_is_known_by_its_subject(subject: str) -> None:
    assert why_automatic(Mail(sender="a@b.example", subject=subject), THREADS, "") == "automatic reply"


def test_mail_of_people_is_not_automatic() -> None:
    plain = Mail(
        sender="a@b.example", subject="Re: automatic door", headers={"auto-submitted": "no", "precedence": "normal"}
    )
    assert why_automatic(plain, THREADS, "hello@harbor.example") is None


def test_our_own_mail_that_comes_back_is_a_loop() -> None:
    ours = Mail(sender="a@b.example", message_id=THREADS.message_id("k", str(uuid4())))
    assert why_automatic(ours, THREADS, "hello@harbor.example")
    assert why_automatic(Mail(sender="a@b.example", returns_to=""), THREADS, "") == "delivery report"


def test_a_bounce_is_a_receipt_and_no_message() -> None:
    brought = read("bounce.eml")
    assert (brought.status, brought.change, brought.reason) == (200, None, "delivery report")
    (receipt,) = brought.receipts
    assert (receipt.status, receipt.code) == ("failed", "5.1.1")
    assert receipt.recipient == "nobody@distributor.example"
    assert receipt.message_id == "<abc.def@reply.harbor.example>"


def test_a_delay_is_not_a_failure() -> None:
    _, body = payload("bounce.eml")
    (receipt,) = receipts(mail_of(body.replace(b"5.1.1\r\nDiag", b"4.4.1\r\nDiag")))
    assert (receipt.status, receipt.code) == ("delayed", "4.4.1")


def test_an_out_of_office_note_is_quietly_left() -> None:
    brought = read("out_of_office.eml")
    assert (brought.status, brought.change, brought.receipts) == (200, None, ())
