"""Mail goes out over a real SMTP server and over HTTP: threaded, escaped, honest about what became of it (CV.41)."""

import asyncio
import email
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from antiphon.channels.email import EmailSettings, open_email
from antiphon.channels.email.automatic import MARK, why_automatic
from antiphon.channels.email.mime import mail_of
from antiphon.channels.email.thread import Threads
from antiphon.ports import Choice, Delivery, Outgoing
from antiphon.testing.clock import SettableClock
from tests.channels.email.recorded import DOMAIN, SECRET, SETTINGS
from tests.server import free_port

CONVERSATION = str(uuid4())
MESSAGE = Outgoing(
    address="asha.rao@distributor.example",
    text="Hello Asha,\n\nthe invoice <b>INV-2024-1234</b> is due & open.\nGrüße",
    key="run-1:reply:0",
    conversation_id=CONVERSATION,
    contact_id=str(uuid4()),
    subject="Your invoice",
)
THREADS = Threads((SECRET,), DOMAIN)


class Box:
    """What a server does with mail; it keeps all that it took."""

    def __init__(self, data: str = "250 OK", rcpt: str = "250 OK") -> None:
        self.taken: list[bytes] = []
        self._data, self._rcpt = data, rcpt

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self._rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        return self._data

    def message(self) -> EmailMessage:
        """The one mail that it took."""
        (raw,) = self.taken
        return email.message_from_bytes(raw, policy=default)


@contextmanager
def serving(box: Box, **more: Any) -> Iterator[int]:
    """A mail server on a free port."""
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), **more)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def over(port: int, **more: Any) -> EmailSettings:
    return replace(SETTINGS, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none", timeout_seconds=2.0, **more)


async def sent(settings: EmailSettings, message: Outgoing = MESSAGE, tls: ssl.SSLContext | None = None) -> Delivery:
    async with open_email(settings, SettableClock(datetime(2026, 11, 21, 9, tzinfo=UTC)), tls) as channel:
        assert await channel.healthy()
        return await channel.send(message)


async def test_a_mail_arrives_with_text_and_html_of_the_same_words() -> None:
    box = Box()
    with serving(box) as port:
        delivery = await sent(over(port))
    got = box.message()
    assert (delivery.status, delivery.provider_id) == ("sent", got["Message-ID"])
    assert (got["From"], got["To"]) == ("Harbor <hello@harbor.example>", "asha.rao@distributor.example")
    assert (got["Subject"], got["Date"]) == ("Your invoice", "Sat, 21 Nov 2026 09:00:00 +0000")
    text, html = got.get_body(("plain",)), got.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n").strip() == MESSAGE.text
    page = html.get_content().replace("\r\n", "\n")
    assert "<p>Hello Asha,</p>" in page
    assert "&lt;b&gt;INV-2024-1234&lt;/b&gt; is due &amp; open.<br>" in page


async def test_a_repeat_is_recognisable_and_an_answer_finds_its_way_back() -> None:
    box = Box()
    answer = replace(MESSAGE, reply_to_id="<theirs@mail.example>", headers={"References": "<first@mail.example>"})
    with serving(box) as port:
        await sent(over(port), answer)
        await sent(over(port), answer)
    one, again = (email.message_from_bytes(raw) for raw in box.taken)
    assert one["Message-ID"] == again["Message-ID"]
    assert one["In-Reply-To"] == "<theirs@mail.example>"
    assert one["References"].split()[1:] == ["<first@mail.example>", "<theirs@mail.example>"]
    assert one["Auto-Submitted"] == "auto-replied"
    for field in ("In-Reply-To", "Reply-To"):
        word = one["Message-ID"] if field == "In-Reply-To" else one["Reply-To"]
        header = "To" if field == "Reply-To" else field
        raw = f"From: asha.rao@distributor.example\r\nSubject: Re\r\n{header}: {word}\r\n\r\nyes".encode()
        assert THREADS.conversation_of(mail_of(raw)) == CONVERSATION


async def test_our_own_mail_is_no_mail_of_people() -> None:
    box = Box()
    with serving(box) as port:
        await sent(over(port))
    ours = mail_of(box.taken[0].replace(b"hello@harbor.example", b"else@harbor.example"))
    assert MARK.lower() in ours.headers
    assert why_automatic(ours, Threads((), "other.example"), "") == "written by a machine like us"


@pytest.mark.parametrize(
    "wild", ["a\r\nBcc: all@b.example", "a\nBcc: all@b.example\n\nbody", "a\x00b\x0b\x85\u2028c", "x" * 5000]
)
async def test_no_header_can_be_slipped_in(wild: str) -> None:
    box = Box()
    message = replace(MESSAGE, subject=wild, reply_to_id=wild, headers={"References": wild, "X-Evil": wild}, text=wild)
    with serving(box) as port:
        assert (await sent(over(port, from_name=wild), message)).status == "sent"
        refused = await sent(over(port), replace(MESSAGE, address=f"a@b.example{wild}"))
    assert (refused.status, refused.policy) == ("failed", "stop")
    got = box.message()
    assert got["Bcc"] is None
    assert got["X-Evil"] is None
    assert all(len(line) <= 998 for line in box.taken[0].split(b"\r\n"))


async def test_a_long_message_id_is_not_encoded() -> None:
    """Folded at 78, it would become =?utf-8?q?...?= and no mail program would know the thread."""
    box, long = Box(), f"<{'a' * 90}@{'b' * 60}.prod.outlook.example>"
    with serving(box) as port:
        await sent(over(port), replace(MESSAGE, reply_to_id=long, headers={"References": long * 1}))
    assert f"In-Reply-To: {long}".encode() in box.taken[0]


async def test_umlauts_in_a_domain_are_encoded_and_elsewhere_refused() -> None:
    box = Box()
    with serving(box) as port:
        assert (await sent(over(port), replace(MESSAGE, address="asha@müller.example"))).status == "sent"
        refused = await sent(over(port), replace(MESSAGE, address="jürgen@kunde.example"))
    assert box.message()["To"] == "asha@xn--mller-kva.example"
    assert (refused.status, refused.policy) == ("failed", "stop")


async def test_choices_stand_below_the_text() -> None:
    box = Box()
    with serving(box) as port:
        await sent(
            over(port), replace(MESSAGE, choices=(Choice(id="1", title="Pay now"), Choice(id="2", title="Later")))
        )
    text = box.message().get_body(("plain",))
    assert text is not None
    assert text.get_content().strip().endswith("- Pay now\r\n- Later")


@pytest.mark.parametrize(
    ("box", "policy"),
    [
        (Box(rcpt="550 5.1.1 no such user asha.rao@"), "stop"),
        (Box(rcpt="451 4.7.1 later"), "retry"),
        (Box(data="554 spam"), "stop"),
    ],
)
async def test_a_refusal_is_a_failure_without_the_address(box: Box, policy: str) -> None:
    with serving(box) as port:
        delivery = await sent(over(port))
    assert (delivery.status, delivery.policy) == ("failed", policy)
    assert "asha" not in str(delivery.reason)


async def test_nobody_there_is_a_failure() -> None:
    delivery = await sent(over(free_port()))
    assert (delivery.status, delivery.policy) == ("failed", "retry")


@pytest.mark.parametrize("says", [b"", b"354 go on\r\n"])
async def test_a_connection_lost_at_the_end_is_unknown(says: bytes) -> None:
    """Promise 4: whoever cannot know does not say failed."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while (line := await reader.readline()) and not line.startswith(b"DATA"):
            writer.write(b"250 fine\r\n")
        writer.write(says)
        if says:
            while (await reader.readline()) not in (b".\r\n", b""):
                pass
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        delivery = await sent(over(server.sockets[0].getsockname()[1]))
    assert delivery.status == "unknown"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that only the test believes, with its key."""
    key, name = generate_private_key(SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    return file


async def test_starttls_is_insisted_on_and_the_password_goes_over_it_alone(certificate: Path) -> None:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    seen: list[tuple[bool, bytes]] = []

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
        seen.append((session.ssl is not None, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    box, believing = Box(), ssl.create_default_context(cafile=str(certificate))
    more = {"tls_context": server_side, "require_starttls": True, "authenticator": check, "auth_required": True}
    with serving(box, **more) as port:
        settings = replace(over(port), smtp_host="localhost", smtp_security="starttls", smtp_username="u")
        good = await sent(replace(settings, smtp_password="right"), tls=believing)
        wrong = await sent(replace(settings, smtp_password="wrong-secret"), tls=believing)
        strange = await sent(replace(settings, smtp_password="right"))
    assert good.status == "sent"
    assert set(seen) == {(True, b"right"), (True, b"wrong-secret")}  # the second one by each mechanism
    assert (wrong.status, wrong.policy) == ("failed", "park")
    assert "wrong-secret" not in str(wrong.reason)
    assert strange.status == "failed"
    assert len(box.taken) == 1
    with serving(box) as port:
        plain = await sent(replace(settings, smtp_port=port, smtp_username=""), tls=believing)
    assert plain.status == "failed"
    assert len(box.taken) == 1


async def test_tls_from_the_first_byte(certificate: Path) -> None:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)
    box = Box()
    with serving(box, ssl_context=server_side) as port:
        settings = replace(over(port), smtp_host="localhost", smtp_security="tls")
        assert (await sent(settings, tls=ssl.create_default_context(cafile=str(certificate)))).status == "sent"


@asynccontextmanager
async def sendgrid(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers each request so, and what it was asked."""
    asked: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        asked.append(head + await reader.readexactly(length))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def _answer(line: str, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {line}", "Content-Length: 0", *headers, "", "")).encode()


async def test_sendgrid_gets_the_same_mail() -> None:
    async with sendgrid(_answer("202 Accepted", "X-Message-Id: sg-1")) as (url, asked):
        delivery = await sent(replace(SETTINGS, sendgrid_key="SG.x", sendgrid_url=url))
    assert (delivery.status, delivery.provider_id) == ("queued", "sg-1")
    head, _, body = asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v3/mail/send HTTP/1.1")
    assert b"authorization: bearer sg.x" in head.lower()
    told = json.loads(body)
    assert told["personalizations"] == [{"to": [{"email": MESSAGE.address}]}]
    assert told["from"] == {"email": "hello@harbor.example", "name": "Harbor"}
    assert told["reply_to"] == {"email": THREADS.reply_address(CONVERSATION)}
    assert told["headers"]["Message-ID"] == THREADS.message_id(MESSAGE.key, CONVERSATION)
    assert [part["type"] for part in told["content"]] == ["text/plain", "text/html"]
    assert "&lt;b&gt;" in told["content"][1]["value"]


@pytest.mark.parametrize(
    ("answer", "status", "policy"),
    [
        (_answer("401 Unauthorized"), "failed", "park"),
        (_answer("400 Bad Request"), "failed", "stop"),
        (_answer("429 Too Many Requests", "Retry-After: 7"), "failed", "retry"),
        (_answer("500 Oops"), "unknown", None),
        (b"", "unknown", None),
    ],
)
async def test_what_sendgrid_says_decides(answer: bytes, status: str, policy: str | None) -> None:
    async with sendgrid(answer) as (url, _):
        delivery = await sent(replace(SETTINGS, sendgrid_key="SG.secret", sendgrid_url=url))
    assert (delivery.status, delivery.policy) == (status, policy)
    assert delivery.retry_after == (7 if b"Retry" in answer else None)
    assert "SG.secret" not in str(delivery.reason)


async def test_sendgrid_away_is_a_failure() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert (await sent(replace(SETTINGS, sendgrid_key="SG.x", sendgrid_url=url))).status == "failed"
