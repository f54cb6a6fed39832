"""(v) An ordinary e-mail, from the bytes of a webhook to the change that a turn gets."""

from collections.abc import Callable
from statistics import median, quantiles
from time import perf_counter

from antiphon.channels.email import EmailChannel, EmailSettings
from antiphon.clock import SystemClock
from bench.line import Line
from bench.run import Run

BATCH = 50  # mails between two looks at the clock
QUOTED = "\n".join(f"> line {number} of what was written before, as long as such lines are" for number in range(40))
WORDS = "\n\n".join(["I have paid invoice INV-2024-1234 this morning; please look whether it has arrived."] * 6)
WROTE = "On Fri, 20 Nov 2026 at 10:12, Harbor <hello@harbor.example> wrote:"
TEXT = f"{WORDS}\n\nKind regards,\nAsha Rao\n\n{WROTE}\n{QUOTED}\n"
PAGE = (
    "<html><head><style>p{margin:0}</style></head><body>"
    + "".join(f'<p style="margin:0">{one}</p>' for one in WORDS.split("\n\n"))
    + '<div class="gmail_quote">On Fri, 20 Nov 2026 at 10:12, Harbor wrote:<blockquote>'
    + "<br>".join(QUOTED.split("\n"))
    + "</blockquote></div></body></html>"
)
HEAD = (
    "Received: from mail.example (192.0.2.9)\r\nMessage-ID: <one@distributor.example>\r\n"
    "In-Reply-To: <abc@reply.harbor.example>\r\nReferences: <a@b.example> <abc@reply.harbor.example>\r\n"
    "From: =?utf-8?q?Asha_R=C3=A3o?= <asha.rao@distributor.example>\r\nTo: hello@harbor.example\r\n"
    "Subject: =?utf-8?q?Re=3A_Invoice?=\r\nDate: Fri, 20 Nov 2026 10:12:00 +0100\r\n"
)


def measure(run: Run) -> list[Line]:
    """A raw mail with text and HTML, one with HTML alone, and a form as SendGrid sends it."""
    channel = EmailChannel(EmailSettings(thread_secrets=("bench",)), SystemClock())

    def reading(provider: str, kind: str, body: bytes) -> Callable[[], None]:
        def read() -> None:
            assert channel.read(provider, {"content-type": kind}, None, body).change

        return read

    raw, bare = _mail(TEXT, PAGE), _mail(None, PAGE)
    kinds = {
        "raw": (f"a raw mail of {len(raw) // 1024} KiB, text and HTML", reading("plain", "message/rfc822", raw)),
        "html": ("a raw mail of HTML alone", reading("plain", "message/rfc822", bare)),
        "form": ("the form of SendGrid", reading("sendgrid", "multipart/form-data; boundary=form", _form())),
    }
    return [_line(run, f"v.{name}", label, read) for name, (label, read) in kinds.items()]


def _line(run: Run, key: str, label: str, read: Callable[[], None]) -> Line:
    times: list[float] = []
    began = perf_counter()
    while perf_counter() - began < run.seconds:
        for _ in range(BATCH):
            start = perf_counter()
            read()
            times.append((perf_counter() - start) * 1000)
    return Line(
        key=key,
        label=label,
        value=1000 / median(times),
        unit="/s",
        p50_ms=median(times),
        p99_ms=quantiles(times, n=100)[98],
    )


def _mail(text: str | None, page: str) -> bytes:
    parts = [("plain", text)] if text else []
    body = "".join(
        f"--x\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{said}\r\n" for kind, said in [*parts, ("html", page)]
    )
    return f"{HEAD}Content-Type: multipart/alternative; boundary=x\r\n\r\n{body}--x--\r\n".encode()


def _form() -> bytes:
    fields = {"headers": HEAD.replace("\r\n", "\n"), "from": "Asha Rao <asha.rao@distributor.example>", "text": TEXT}
    fields |= {"html": PAGE, "subject": "Re: Invoice", "SPF": "pass", "dkim": "{@distributor.example : pass}"}
    parts = (
        f'--form\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{said}\r\n' for name, said in fields.items()
    )
    return ("".join(parts) + "--form--\r\n").encode()
