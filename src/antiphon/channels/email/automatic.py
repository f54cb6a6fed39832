"""Mail that no person wrote, and that nobody may answer: or two machines write to each other for ever."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from antiphon.channels.email.mail import Mail
from antiphon.channels.email.thread import Threads, ids_in

MARK = "X-Antiphon-Message"  # stands in every mail of ours
AUTO_SUBMITTED = "auto-replied"  # of ours, by RFC 3834

_MACHINES = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|maildelivery|bounces?|no-?reply|do-?not-?reply|auto-?reply|listserv"
    r"|majordomo)(?:[+.=_-].*)?@",
    re.IGNORECASE,
)
_BOUNCERS = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|maildelivery)@", re.IGNORECASE)
_SUBJECTS = re.compile(
    r"(?:auto(?:matic|matische)?[- ]?(?:reply|antwort|response)|automatic reply|out of (?:the )?office|abwesenheit\w*"
    r"|abwesend|automatische? antwoord|afwezig|réponse automatique|absence du bureau|respuesta automática|fuera de la"
    r" oficina)\b",
    re.IGNORECASE,
)
_STATUS = re.compile(r"^Status:\s*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_RECIPIENT = re.compile(r"^(?:Final|Original)-Recipient:[^;\n]{0,40};\s*(\S{1,320})", re.IGNORECASE | re.MULTILINE)
_OUR_ID = re.compile(r"^Message-ID:\s*(<[^\s<>]{1,240}>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What another server says of a mail of ours that it could not deliver, or not yet."""

    status: str  # failed or delayed
    code: str  # of RFC 3463, such as 5.1.1; empty when none was found
    recipient: str  # as the report names them; it may be another address than the one written to
    message_id: str  # of our mail; empty when the report does not say


def why_automatic(mail: Mail, threads: Threads, own: str) -> str | None:
    """Why nobody answers this mail, in a few words; None for mail of people. `own` is the address that we send from."""
    if mail.sender and mail.sender == own.lower():
        return "sent by ourselves"
    if MARK.lower() in mail.headers or threads.is_ours(mail.message_id):
        return "written by a machine like us"
    if is_report(mail):
        return "delivery report"
    if reason := _by_header(mail.headers):
        return reason
    if _MACHINES.match(mail.sender):
        return "sender that reads no answers"
    if _SUBJECTS.match(mail.subject):
        return "automatic reply"
    return None


def is_report(mail: Mail) -> bool:
    """Whether it says what became of another mail."""
    kind = mail.headers.get("content-type", "").lower()
    return (
        kind.startswith("multipart/report")
        or "x-failed-recipients" in mail.headers
        or bool(_BOUNCERS.match(mail.sender))
        or mail.returns_to in ("", "<>")
    )


def receipts(mail: Mail) -> tuple[Receipt, ...]:
    """What a delivery report says; nothing when it is none."""
    if not is_report(mail):
        return ()
    said = mail.report or mail.text
    codes, recipients = _STATUS.findall(said), _RECIPIENT.findall(said)
    about = _OUR_ID.findall(said) or list(ids_in(mail.in_reply_to)) or list(mail.references[-1:])
    named = recipients or mail.headers.get("x-failed-recipients", "").replace(",", " ").split()[:10] or [""]
    padded = [*codes, *[""] * len(named)]
    return tuple(
        Receipt(
            status="delayed" if code.startswith("4") else "failed",
            code=code,
            recipient=recipient.strip("<>").lower(),
            message_id=about[0] if about else "",
        )
        for recipient, code in zip(dict.fromkeys(named), padded, strict=False)
    )


def _by_header(headers: Mapping[str, str]) -> str | None:
    submitted = headers.get("auto-submitted", "").strip().lower()
    if submitted and not submitted.startswith("no"):
        return "automatic reply"
    if any(name in headers for name in ("x-autoreply", "x-autorespond", "x-autoresponder")):
        return "automatic reply"
    if headers.get("precedence", "").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return "sent to many"
    if "list-id" in headers or "list-unsubscribe" in headers:
        return "sent to many"
    if "x-ms-exchange-generated-message-source" in headers:
        return "automatic reply"
    return None
