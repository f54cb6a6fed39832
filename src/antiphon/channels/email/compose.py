"""A mail of ours: text and HTML of the same words, and the headers that keep threads together and loops away."""

import html
import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from antiphon.channels.email.automatic import AUTO_SUBMITTED, MARK
from antiphon.channels.email.mail import clean, deliverable, line
from antiphon.channels.email.settings import EmailSettings
from antiphon.channels.email.thread import Threads, ids_in, references_after
from antiphon.core.names import Moment
from antiphon.ports import Outgoing

MAX_SUBJECT_CHARS = 200
HEADER_LINE = 900  # bytes; RFC 5322 allows 998. Folding at 78 would encode a long Message-ID, and so break the thread
REFERENCES = "References"  # in `Outgoing.headers`: what the mail that is answered referred to

_POLICY = SMTP.clone(max_line_length=HEADER_LINE)
_PARAGRAPHS = re.compile(r"\n\s*\n")
_PAGE = """<!doctype html>
<html><head><meta charset="utf-8"></head>
<body style="font-family:sans-serif;font-size:15px;line-height:1.5">
{body}
</body></html>
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A mail to be sent."""

    message_id: str
    to: str
    sender: str  # the address alone
    sender_name: str
    reply_to: str  # empty: answers go to the sender
    subject: str
    text: str
    html: str
    headers: dict[str, str]  # all others that are ours


def letter(message: Outgoing, settings: EmailSettings, threads: Threads) -> Letter | None:
    """A message as a mail; None when its address is none."""
    to = deliverable(message.address)
    if not to:
        return None
    parent = next(iter(ids_in(message.reply_to_id or "")), "")
    before = (threads.root(message.conversation_id), *ids_in(message.headers.get(REFERENCES, "")))
    message_id = threads.message_id(message.key, message.conversation_id)
    offered = "".join(f"\n- {line(one.title)}" for one in message.choices)
    text = clean(f"{message.text}\n{offered}").strip()
    headers = {
        **({"In-Reply-To": parent} if parent else {}),
        REFERENCES: _fitting(references_after(before, parent)),
        "Auto-Submitted": AUTO_SUBMITTED if parent else "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        MARK: message_id.strip("<>").partition(".")[0].partition("@")[0],
    }
    return Letter(
        message_id=message_id,
        to=to,
        sender=settings.from_address,
        sender_name=line(settings.from_name, MAX_SUBJECT_CHARS),
        reply_to=threads.reply_address(message.conversation_id) or "",
        subject=line(message.subject or "", MAX_SUBJECT_CHARS) or settings.subject,
        text=text,
        html=html_of(text),
        headers=headers,
    )


def html_of(text: str) -> str:
    """The same words for those who read HTML. Whatever is in them is shown, not obeyed."""
    paragraphs = [part for part in _PARAGRAPHS.split(text) if part.strip()]
    body = "\n".join("<p>" + html.escape(part.strip("\n")).replace("\n", "<br>\n") + "</p>" for part in paragraphs)
    return _PAGE.format(body=body)


def mime_of(one: Letter, at: Moment) -> EmailMessage:
    """The mail as SMTP takes it."""
    made = EmailMessage(policy=_POLICY)
    made["From"] = Address(display_name=one.sender_name, addr_spec=one.sender)
    made["To"] = Address(addr_spec=one.to)
    if one.reply_to:
        made["Reply-To"] = Address(addr_spec=one.reply_to)
    made["Subject"] = one.subject
    made["Date"] = format_datetime(at)
    made["Message-ID"] = one.message_id
    for name, value in one.headers.items():
        made[name] = value
    made.set_content(one.text + "\n")
    made.add_alternative(one.html, subtype="html")
    return made


def answering(subject: str) -> str:
    """The subject of an answer."""
    bare = line(subject, MAX_SUBJECT_CHARS)
    return bare if not bare or re.match(r"(?:re|aw|sv|antw)\s?:", bare, re.IGNORECASE) else f"Re: {bare}"


def _fitting(references: tuple[str, ...]) -> str:
    """As many as one line holds: the first and the latest."""
    kept = list(references)
    while len(" ".join(kept)) > HEADER_LINE - 20 and len(kept) > 1:
        del kept[1]
    return " ".join(kept)
