"""Forms as webhooks send them: multipart or urlencoded. Files are measured, not kept."""

import codecs
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from python_multipart import MultipartParser
from python_multipart.exceptions import ParseError

from antiphon.channels.email.failures import MailUnreadable
from antiphon.channels.email.mail import MAX_ATTACHMENTS, Attachment, attachment

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# Codecs that are no charsets; the time of the first two grows with the square of the length.
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})

MAX_FIELDS = 200
MAX_HEADER_BYTES = 4_096  # of one part


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """What was filled in, and what was attached."""

    fields: dict[str, bytes] = field(repr=False)  # the first of each name
    files: tuple[Attachment, ...] = ()

    def get(self, name: str, charset: str = "utf-8") -> str:
        """A field as text; empty when there is none."""
        return decoded(self.fields.get(name, b""), charset)


def decoded(raw: bytes, charset: str) -> str:
    """Bytes as text, whatever they are and whatever they are said to be."""
    try:
        known = codecs.lookup(charset).name
        return raw.decode("utf-8" if known in _NO_CHARSETS else known, "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def form_of(body: bytes, content_type: str) -> Form:
    """A form's fields and files.

    Raises:
        MailUnreadable: it is none, or it has too many parts.
    """
    kind = Message()
    kind["Content-Type"] = (
        content_type.encode("ascii", "replace").decode()[:1_000].replace("\n", " ").replace("\r", " ")
    )
    if kind.get_content_type() == "application/x-www-form-urlencoded":
        return _urlencoded(body)
    boundary = kind.get_boundary()
    if kind.get_content_type() != "multipart/form-data" or not boundary or len(boundary) > 200:
        raise MailUnreadable(reason="a form is expected, multipart/form-data or urlencoded")
    parts = _Parts()
    parser = MultipartParser(boundary.encode("ascii", "replace"), parts.callbacks())
    try:
        parser.write(body)
        parser.finalize()
    except ParseError:
        raise MailUnreadable(reason="the form is malformed") from None
    if not parts.is_complete:
        raise MailUnreadable(reason="the form ends too soon")
    return Form(fields=parts.fields, files=tuple(parts.files))


def _urlencoded(body: bytes) -> Form:
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise MailUnreadable(reason=f"the form has more than {MAX_FIELDS} fields") from None
    fields: dict[str, bytes] = {}
    for name, value in pairs:
        fields.setdefault(name.decode("utf-8", "replace"), value)
    return Form(fields=fields)


class _Parts:
    """The parts of a multipart form, as the parser tells of them."""

    def __init__(self) -> None:
        self.fields: dict[str, bytes] = {}
        self.files: list[Attachment] = []
        self.is_complete = False
        self._count = 0
        self._header = (bytearray(), bytearray())
        self._headers = Message()
        self._data = bytearray()
        self._size = 0
        self._filename: str | None = None

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._name_data,
            "on_header_value": self._value_data,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._count += 1
        if self._count > MAX_FIELDS:
            raise MailUnreadable(reason=f"the form has more than {MAX_FIELDS} parts")
        self._headers, self._data, self._size = Message(), bytearray(), 0
        self._header = (bytearray(), bytearray())

    def _name_data(self, data: bytes, start: int, end: int) -> None:
        self._grow(self._header[0], data[start:end])

    def _value_data(self, data: bytes, start: int, end: int) -> None:
        self._grow(self._header[1], data[start:end])

    def _grow(self, into: bytearray, more: bytes) -> None:
        into += more
        if len(into) > MAX_HEADER_BYTES:
            raise MailUnreadable(reason="a header of the form is too long")

    def _header_end(self) -> None:
        name, value = (part.decode("utf-8", "replace") for part in self._header)
        if name not in self._headers:
            self._headers[name] = value.replace("\r", " ").replace("\n", " ")
        self._header = (bytearray(), bytearray())

    def _headers_finished(self) -> None:
        self._filename = self._headers.get_filename()

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._filename is None:
            self._data += data[start:end]

    def _part_end(self) -> None:
        if self._filename is not None:
            if len(self.files) < MAX_ATTACHMENTS:
                self.files.append(attachment(self._filename, self._headers.get_content_type(), self._size))
            return
        name = self._headers.get_param("name", "", header="content-disposition")
        self.fields.setdefault(name if isinstance(name, str) else "", bytes(self._data))

    def _end(self) -> None:
        self.is_complete = True
