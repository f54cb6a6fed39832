"""A raw mail, as it came over SMTP. What could keep the parser busy for minutes is refused before it begins."""

import email
import re
from collections.abc import Iterator, Mapping, Sequence
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from antiphon.channels.email.failures import MailTooLarge, MailUnreadable
from antiphon.channels.email.form import decoded
from antiphon.channels.email.mail import (
    MAX_ATTACHMENTS,
    MAX_BODY_CHARS,
    MAX_HEADER_CHARS,
    MAX_NAME_CHARS,
    Attachment,
    Mail,
    address,
    attachment,
    clean,
    line,
)
from antiphon.channels.email.thread import ids_in

MAX_CONTAINERS = 20  # multiparts and mails within; each line is held against all that are open
MAX_PARTS = 200
MAX_DASHES = 5_000  # lines that may begin a part; in words they are rare
MAX_HEADER_BYTES = 128 * 1024  # of the mail itself
MAX_COMMENTS = 50  # in a header of addresses; they are read by recursion
MAX_LINES = 700_000  # base64 of 35 MB has fewer

# What the library may raise for mails that it was not made for.
PARSER_DEFECTS = (RecursionError, LookupError, ValueError, AssertionError, TypeError, AttributeError)

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


def mail_of(raw: bytes) -> Mail:
    """A raw mail.

    Raises:
        MailUnreadable, MailTooLarge: it is none, or more than anybody writes.
    """
    _check(raw)
    try:
        message = email.message_from_bytes(raw)
        return _read(message)
    except PARSER_DEFECTS as error:
        raise MailUnreadable(reason=type(error).__name__) from None


def headers_of(pairs: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Headers by name in small letters, the first of each, decoded and on one line."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(line(name, 100).lower(), header_text(value))
    return found


def header_text(value: object) -> str:
    """A header in words: `=?utf-8?q?...?=` is decoded, and it stands on one line."""
    text = str(value)[: 4 * MAX_HEADER_CHARS]
    if "=?" not in text:
        return line(text)
    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError):
        return line(text)
    return line(
        "".join(decoded(part, charset or "utf-8") if isinstance(part, bytes) else part for part, charset in parts)
    )


def addresses_in(value: str) -> list[tuple[str, str]]:
    """Names and addresses of a header, those that are addresses."""
    if value.count("(") > MAX_COMMENTS:
        return []
    pairs = getaddresses([value[: 4 * MAX_HEADER_CHARS]])
    return [(header_text(name)[:MAX_NAME_CHARS], found) for name, one in pairs if (found := address(one))]


def _check(raw: bytes) -> None:
    end = _END_OF_HEADERS.search(raw[: MAX_HEADER_BYTES + 4])
    if end is None and len(raw) > MAX_HEADER_BYTES:
        raise MailTooLarge(reason=f"its headers alone have more than {MAX_HEADER_BYTES // 1024} KiB")
    if raw.count(b"\n") > MAX_LINES or raw.count(b"\r") > MAX_LINES:
        raise MailTooLarge(reason=f"it has more than {MAX_LINES} lines")
    small = raw.lower()
    if small.count(b"multipart/") + small.count(b"message/") > MAX_CONTAINERS:
        raise MailTooLarge(reason=f"more than {MAX_CONTAINERS} mails and parts stand within each other")
    if small.count(b"\ncontent-type:") > MAX_PARTS or small.count(b"\n--") > MAX_DASHES:
        raise MailTooLarge(reason=f"it has more than {MAX_PARTS} parts")


def _read(message: Message) -> Mail:
    headers = headers_of([(name, str(value)) for name, value in message.items()[:300]])
    senders = addresses_in(str(message.get("From", "")))
    if not headers or not (senders or "message-id" in headers or "subject" in headers):
        raise MailUnreadable(reason="it has no headers of a mail")
    texts, markups, reports, files = _parts(message)
    name, sender = senders[0] if senders else ("", "")
    returns_to = message.get("Return-Path")
    return Mail(
        sender=sender,
        sender_name=name,
        recipients=recipients_in(headers),
        subject=headers.get("subject", ""),
        text=clean("\n".join(texts)),
        html=clean("\n".join(markups)),
        message_id=next(iter(ids_in(headers.get("message-id", ""))), ""),
        in_reply_to=next(iter(ids_in(headers.get("in-reply-to", ""))), ""),
        references=ids_in(str(message.get("References", ""))[-8 * MAX_HEADER_CHARS :]),
        headers=headers,
        attachments=tuple(files[:MAX_ATTACHMENTS]),
        returns_to=None if returns_to is None else str(returns_to).strip().strip("<>"),
        report=clean("\n".join(reports), 20_000),
    )


def recipients_in(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Whoever it was sent to, as far as headers say."""
    said = (headers.get(name, "") for name in ("to", "cc", "delivered-to", "x-original-to"))
    return tuple(dict.fromkeys(one for text in said if text for _, one in addresses_in(text)))


def _parts(message: Message) -> tuple[list[str], list[str], list[str], list[Attachment]]:
    """Texts, HTML texts, what reports say, and notes of what is attached."""
    texts: list[str] = []
    markups: list[str] = []
    reports: list[str] = []
    files: list[Attachment] = []
    is_report = message.get_content_type() == "multipart/report"
    for part in _walked(message):
        kind = part.get_content_type()
        if kind.startswith("message/") or kind == "text/rfc822-headers":
            reports.append(_told(part))
            if not is_report:
                files.append(attachment(header_text(part.get_filename() or "message.eml"), kind, _length(part)))
        elif part.get_filename() or part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            files.append(attachment(header_text(part.get_filename() or ""), kind, _size(part)))
        elif kind == "text/html":
            markups.append(_text(part))
        else:
            texts.append(_text(part))
    return texts, markups, reports, files


def _walked(message: Message) -> Iterator[Message]:
    """The parts that are no containers; a mail within is one part, and nobody looks into it."""
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        payload = part.get_payload()
        if part.get_content_type().startswith("message/") or not isinstance(payload, list):
            yield part
        else:
            waiting[:0] = [one for one in payload if isinstance(one, Message)]


def _told(part: Message) -> str:
    """What a delivery report says in a part: its fields, or the headers of the mail that it is about."""
    payload = part.get_payload()
    if isinstance(payload, str):
        return payload[:10_000]
    blocks = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
    lines = [f"{name}: {line(str(value))}" for block in blocks[:20] for name, value in block.items()[:100]]
    return "\n".join(lines)


def _length(part: Message) -> int:
    """Characters of all that is in a part, headers aside."""
    texts = (one.get_payload() for one in part.walk() if not one.is_multipart())
    return sum(len(text) for text in texts if isinstance(text, str))


def _text(part: Message) -> str:
    raw = part.get_payload(decode=True)
    charset = part.get_content_charset() or "utf-8"
    return decoded(raw[: 4 * MAX_BODY_CHARS], charset) if isinstance(raw, bytes) else ""


def _size(part: Message) -> int:
    """Bytes of an attachment, near enough without decoding what may be large."""
    payload = part.get_payload()
    if not isinstance(payload, str):
        return 0
    is_base64 = str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64"
    return (
        (len(payload) - payload.count("\n")) * 3 // 4 - payload.rstrip()[-2:].count("=") if is_base64 else len(payload)
    )
