"""What each provider brings becomes a change, and rubbish becomes an answer that the provider understands (CV.18)."""

import json

import pytest

from antiphon.channels.email.html import text_of
from antiphon.channels.email.mail import clean
from antiphon.channels.email.parse import PARSERS
from tests.channels.email.recorded import NAMES, payload, provider_of, read

ASHA = ("plain.json", "plain_html.json", "sendgrid.form", "mailgun.form", "postmark.json")
JUERGEN = ("raw.eml", "sendgrid_raw.form", "mailgun_raw.form")
REFUSED = {"mailgun": {406}, "postmark": {403}}


@pytest.mark.parametrize("name", ASHA)
def test_the_words_of_the_sender_arrive_without_what_they_quote(name: str) -> None:
    """CV.18: {from, text | html, subject, message_id, in_reply_to}; the quoted reply is stripped, the raw is kept."""
    brought = read(name)
    assert brought.change is not None
    assert (brought.status, brought.change.kind, brought.change.channel) == (200, "message", "email")
    assert brought.change.value == "I'll pay on Friday."
    assert brought.address == "asha.rao@distributor.example"
    assert "INV-2024-1234" in brought.change.data["raw"]


@pytest.mark.parametrize("name", JUERGEN)
def test_a_raw_mail_is_decoded_and_its_attachments_are_noted(name: str) -> None:
    brought = read(name)
    assert brought.change is not None
    assert brought.change.value == "Die Rechnung ist bezahlt."
    assert (brought.address, brought.contact_name) == ("juergen@kunde.example", "Jürgen Groß")
    assert brought.change.data["subject"] == "Rückfrage"
    assert brought.change.data["attachments"] == [
        {"filename": "beleg.png", "content_type": "image/png", "size_bytes": 16}
    ]
    assert "alert" not in brought.change.data["raw"]


@pytest.mark.parametrize("name", ["sendgrid.form", "postmark.json"])
def test_attachments_of_a_form_are_noted(name: str) -> None:
    brought = read(name)
    assert brought.change is not None
    (noted,) = brought.change.data["attachments"]
    assert (noted["filename"], noted["content_type"]) == ("receipt.pdf", "application/pdf")
    assert noted["size_bytes"] in (8, 14)


def test_an_answer_knows_what_it_answers() -> None:
    """The Message-ID of Postmark itself is not the mail's; the references grow by the mail that is answered."""
    for name, parent in (
        ("postmark.json", "<pm-1@distributor.example>"),
        ("plain_html.json", "<plain-2@distributor.example>"),
    ):
        brought = read(name)
        assert brought.change is not None
        reply_to = brought.change.data["reply_to"]
        assert reply_to["channel"] == "email"
        assert reply_to["address"] == "asha.rao@distributor.example"
        assert reply_to["reply_to_id"] == parent
        assert reply_to["subject"] == "Re: Invoice"
        assert reply_to["headers"]["References"].split()[-1] == parent
    sendgrid = read("sendgrid.form").change
    assert sendgrid is not None
    assert sendgrid.data["reply_to"]["headers"]["References"].split() == [
        "<thread.1@reply.harbor.example>",
        "<abc.def@reply.harbor.example>",
        "<CAGt1a=asha-1@mail.gmail.com>",
    ]


def test_the_same_mail_has_the_same_key_and_nobody_elses() -> None:
    one, again = read("plain.json"), read("plain.json")
    assert one.key == again.key
    _kind, body = payload("plain.json")
    other = read("plain.json", body.replace(b"asha.rao@", b"mallory@"))
    assert other.key != one.key
    no_id = json.loads(body) | {"message_id": ""}
    assert read("plain.json", json.dumps(no_id).encode()).key != one.key


@pytest.mark.parametrize("name", NAMES)
def test_a_payload_cut_anywhere_is_refused_or_read(name: str) -> None:
    """Bad input: each byte. Nothing is raised, and providers get what ends their tries."""
    _, body = payload(name)
    known = REFUSED.get(provider_of(name), {403, 413, 422})
    for length in range(len(body)):
        brought = read(name, body[:length])
        assert brought.status == 200 or brought.status in known, length


@pytest.mark.parametrize("name", ["plain.json", "postmark.json"])
@pytest.mark.parametrize(
    "value", [None, 7, True, [], {}, [["a"]], "x" * 10_000, "\x00", "\ud800", "a\r\nBcc: b@c.example"]
)
def test_fields_of_any_kind_are_read_or_refused(name: str, value: object) -> None:
    _, body = payload(name)
    said = json.loads(body)
    for field in said:
        brought = read(name, json.dumps({**said, field: value}).encode())
        assert brought.status in (200, 403, 422)
        if brought.change:
            told = repr(brought.change) + brought.address + brought.contact_name
            assert "\\x00" not in told
            assert "\\ud800" not in told
            assert "\n" not in brought.change.data["subject"]
        missing = {key: one for key, one in said.items() if key != field}
        assert read(name, json.dumps(missing).encode()).status in (200, 403, 422)


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deep_nesting_is_refused_or_left_out(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    for name in ("plain.json", "postmark.json"):
        assert read(name, b'{"from":"a@b.example","text":"x","Headers":' + deep + b"}").status in (200, 403, 422)


H = b"From: a@b.example\r\nSubject: x\r\n"
BOMBS = {
    "multiparts": H
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(5000)),
    "few mails": H + b"Content-Type: message/rfc822\r\n\r\n" * 100,
    "mails": H + b"Content-Type: message/rfc822\r\n\r\n" * 5000,
    "lines": H + b"\r\n" + b"\n" * 5_000_000,
    "header": H + b"X: " + b"y" * 5_000_000 + b"\r\n\r\nhi",
    "parts": H + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\nhi\r\n" * 200_000,
}


@pytest.mark.timeout(5)
@pytest.mark.parametrize("bomb", sorted(BOMBS))
def test_a_mime_bomb_is_too_large(bomb: str) -> None:
    assert read("raw.eml", BOMBS[bomb]).status == 413
    form = b"--form\r\nContent-Disposition: form-data; name=email\r\n\r\n" + BOMBS[bomb] + b"\r\n--form--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=form"}
    assert read("sendgrid_raw.form", form, headers=headers).status == 413


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece", ["<", "<a ", "<!--", "<script>", "<blockquote>", "&#", "<div class='", "</", "<p>", "<!DOCTYPE "]
)
def test_markup_of_any_kind_is_read_in_time(piece: str) -> None:
    text_of(piece * (200_000 // len(piece)))


@pytest.mark.parametrize("header", ["(" * 4000, "<" * 4000, '"' * 4000, "=?" * 2000, "a@b.example," * 300])
def test_addresses_of_any_kind_are_read_or_refused(header: str) -> None:
    brought = read("plain.json", json.dumps({"from": header, "to": header, "text": "x"}).encode())
    assert brought.status in (200, 422)


def test_what_fails_spf_and_has_no_signature_is_left_out() -> None:
    _kind, body = payload("sendgrid.form")
    forged = body.replace(b"{@distributor.example : pass}", b"none").replace(b'"SPF"\r\n\r\npass', b'"SPF"\r\n\r\nfail')
    assert forged != body
    brought = read("sendgrid.form", forged)
    assert (brought.status, brought.change) == (200, None)
    signed = body.replace(b'"SPF"\r\n\r\npass', b'"SPF"\r\n\r\nfail')
    assert read("sendgrid.form", signed).change is not None


def test_html_becomes_words_without_what_is_hidden() -> None:
    page = (
        "<html><head><title>t</title><style>p{}</style></head><body><p>One &amp; two</p>"
        "<script>evil()</script><!-- no --><ul><li>a</li><li>b</li></ul>1 < 2<br>İ<STRONG>big</STRONG></body></html>"
    )
    assert text_of(page) == "One & two\n\n- a\n- b\n1 < 2\nİbig"


def test_every_provider_has_a_parser() -> None:
    assert {provider_of(name) for name in NAMES} == set(PARSERS)


def test_a_mail_within_a_mail_is_noted_and_not_read() -> None:
    raw = (
        b"From: a@b.example\r\nSubject: Fwd\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\n\r\nSee below.\r\n"
        b"--x\r\nContent-Type: message/rfc822\r\n\r\n"
        b"From: evil@b.example\r\nSubject: inner\r\n\r\n\xff\xfe inner words\r\n--x--\r\n"
    )
    brought = read("raw.eml", raw)
    assert brought.change is not None
    assert brought.change.value == "See below."
    (noted,) = brought.change.data["attachments"]
    assert (noted["filename"], noted["content_type"], noted["size_bytes"]) == ("message.eml", "message/rfc822", 14)


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Type: text/plain; charset*=x'y",
        b'Content-Type: text/plain; charset="\xff"',
        b"Content-Type: text/plain; charset=none-such",
        b"Content-Type: text/plain; charset=idna",
        b"Content-Type: text/plain; charset=hex",
        b"Content-Type: text/plain; name*0*=a; name*1*=''; name*=utf-9''%ff",
        b"Content-Disposition: attachment; filename*=utf-9'en'%ff",
        b"Content-Disposition: attachment; filename==?utf-8?b?//8=?=",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Content-Transfer-Encoding: base64",
        b"Content-Type: multipart/mixed",
        b"Content-Type: multipart/mixed; boundary=",
        b"Content-Type: /;;;=",
        b"Content-Type",
        b"Subject: =?utf-8?b?x?= =?none?q?=ff?= =?utf-8?q?=ff?=",
        b"Message-ID: <" + b"x" * 1000 + b">",
        b"References: " + b"<a@b>" * 10_000,
    ],
)
def test_headers_that_trip_parsers_are_read_or_refused(header: bytes) -> None:
    for body in (b"hello", b"\xff\xfe", b"begin 644 a\r\n#0V%T\r\n`\r\nend", b"===="):
        raw = b"From: a@b.example\r\n" + header + b"\r\n\r\n" + body
        brought = read("raw.eml", raw)
        assert brought.status in (200, 422)
        if brought.change:
            assert "\\ud" not in repr(brought.change)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "zip", "utf-7", "utf-16", "hz", "undefined"])
def test_no_charset_takes_long(charset: str) -> None:
    body = b"a-" + b"9" * 500_000
    raw = b"From: a@b.example\r\nContent-Type: text/plain; charset=" + charset.encode() + b"\r\n\r\n" + body
    assert read("raw.eml", raw).status == 200


def test_what_the_provider_has_stripped_is_believed_first() -> None:
    """Our rules do not know Portuguese."""
    _, body = payload("postmark.json")
    said = json.loads(body) | {"TextBody": "Sim.\n\nEm sex., 20 de nov. de 2026, Harbor escreveu:\n\nEst\u00e1 certo?"}
    for stripped, value in (("Sim.", "Sim."), ("", said["TextBody"])):
        brought = read("postmark.json", json.dumps({**said, "StrippedTextReply": stripped}).encode())
        assert brought.change is not None
        assert brought.change.value == value


def test_half_characters_in_a_name_are_replaced() -> None:
    raw = (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhi\r\n--x\r\n"
        b'Content-Type: image/png\r\nContent-Disposition: attachment; filename="\xff\xfe.png"\r\n\r\nx\r\n--x--\r\n'
    )
    assert clean("a\ud800b\x00c\r\nd") == "a?bc\nd"
    brought = read("raw.eml", raw)
    assert brought.change is not None
    json.dumps(brought.change.data, ensure_ascii=False).encode()
    assert brought.change.data["attachments"][0]["filename"].endswith(".png")
