"""Text of a pack: a file's bytes as text that can be shown, stored and sent."""

from pathlib import Path

MAX_FILE_BYTES = 5_000_000  # a pack is written by people; 5 MB are a hundred thousand lines


class Unreadable(Exception):
    """A file cannot be read; the message says why."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line  # from 1; 0 when the whole file is meant


def unfit(text: str) -> str | None:
    """Why a text cannot be shown, stored or sent; None when it can."""
    if "\0" in text:
        return "holds a NUL character; remove it"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "holds half of a surrogate pair; write the character itself"
    return None


def read_text(folder: Path, name: str) -> str:
    """The text of a file of a pack.

    Raises:
        Unreadable: it is no file, leads out of the folder, is too large, or is not UTF-8.
    """
    file = folder / name
    if leaves(folder, file):
        raise Unreadable("leads out of the pack's folder; copy the file into it")
    if not file.is_file():
        raise Unreadable("is not a file")
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable(f"is larger than {MAX_FILE_BYTES // 1_000_000} MB")
    return _decoded(data)


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable("is not UTF-8 text; save the file as UTF-8", line) from None
    if reason := unfit(text):
        raise Unreadable(reason, text.count("\n", 0, text.index("\0")) + 1)
    return text


def leaves(folder: Path, file: Path) -> bool:
    """Whether a path ends outside of the folder once its links are followed."""
    try:
        return not file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a circle of links
        return True
