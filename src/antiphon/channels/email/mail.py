"""A mail as it was brought, whoever brought it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from antiphon.core.address import MAX_CHARS

MAX_HEADER_CHARS = 1_000  # of one that is read; what is longer is cut before anything looks at it
MAX_BODY_CHARS = 200_000  # of a text or HTML that is looked through; people write less
MAX_ATTACHMENTS = 50  # that are noted
MAX_NAME_CHARS = 200

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\\x00-\x1f\x7f]{1,64}@[A-Za-z0-9\u00a1-\uffff.-]{1,255}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """Something that came along. What is in it is not kept."""

    filename: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """What a mail says. Texts are clean: valid Unicode, no control characters, within the limits above."""

    sender: str  # the address alone, in small letters; empty when there is none
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = field(default="", repr=False)
    stripped: str = ""  # the text without quotes, where the provider has made it
    message_id: str = ""  # with its angle brackets
    in_reply_to: str = ""
    references: tuple[str, ...] = ()  # oldest first
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # by name in small letters, the first of each
    attachments: tuple[Attachment, ...] = ()
    returns_to: str | None = None  # the envelope's sender; empty for what nobody may answer, None when unknown
    is_forged: bool = False  # the provider says that its sender did not send it
    report: str = ""  # what a delivery report says, and the headers of what it is about


def clean(text: str, most: int = MAX_BODY_CHARS) -> str:
    """Text that every store takes: line ends as newlines, no control characters, no halves of characters."""
    cut = text[:most].replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    return _CONTROL.sub("", cut).encode("utf-8", "replace").decode()


def line(text: str, most: int = MAX_HEADER_CHARS) -> str:
    """Text on one line, as a header or name is."""
    return _SPACE.sub(" ", clean(text, most)).strip()


def address(text: str) -> str:
    """The address in a text, in small letters; empty when there is none."""
    found = text.strip().strip("<>").lower()
    return found if len(found) <= MAX_CHARS and _ADDRESS.fullmatch(found) else ""


def deliverable(text: str) -> str:
    """The address in a text as every server takes it, an umlaut in its domain encoded; empty when there is none."""
    local, _, domain = address(text).rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}" if local else ""
    except UnicodeError:
        return ""


def attachment(filename: str, content_type: str, size: int) -> Attachment:
    """A note of what came along."""
    name = line(filename, MAX_NAME_CHARS).replace("/", "_").replace("\\", "_")
    return Attachment(filename=name, content_type=line(content_type, 100).lower(), size_bytes=max(size, 0))
