"""What a person wrote, without what they quote and without their signature.

English, German, French, Dutch and Spanish; plain text as Gmail, Outlook, Apple Mail, Thunderbird and others make it.
Line by line, and no line is looked at beyond its first characters: the time grows with the length alone. In doubt
something stays: a quote too much is read over, a sentence too few is never seen.
"""

import re
from collections.abc import Sequence

from antiphon.channels.email.phrases import CLOSINGS, PHONES, any_of

MAX_LINES = 5_000  # that are looked at
_SEEN = 300  # characters of a line that decide what it is
_WRAPPED = 4  # lines that an attribution may take
_SIGNED = 8  # lines that a signature may have
_OUTLOOK = 5  # lines within which a header block shows itself

_QUOTE = re.compile(r"\s*>")
_BEGINS = re.compile(r"(?:on|am|le|op|el)\b", re.IGNORECASE)
_WROTE = re.compile(r"\b(?:wrote|schrieb|a écrit|schreef|geschreven|escribió|writes)\b", re.IGNORECASE)
_OTHER_WAY = re.compile(
    r".*\b(?:schreef op|schrieb am|a écrit le|escribió el|wrote on)\b.*\d.*:$|\d{4}-\d\d-\d\d.*<[^<>]+@[^<>]+>:?$",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_SEPARATOR = re.compile(
    r"[-_\s]{3,}(?:original message|original appointment|ursprüngliche nachricht|originalnachricht|message d['’]origine"
    r"|message original|oorspronkelijk bericht|mensaje original|reply message)[-_\s]{3,}$",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(?:from|von|de|van)\s?:\*?\s*\S", re.IGNORECASE)
_HEADER = re.compile(
    r"\*?(?:sent|to|subject|date|cc|gesendet|an|betreff|datum|envoyé|à|objet|verzonden|aan|onderwerp|enviado|para"
    r"|asunto|fecha)\s?:\*?\s",
    re.IGNORECASE,
)
_RULE = re.compile(r"_{20,}$|-{30,}$")
_DASHES = re.compile(r"--\s?$")
_PHONE = re.compile(f"(?:{any_of(PHONES)})", re.IGNORECASE)
_CLOSING = re.compile(rf"(?:{any_of(CLOSINGS)})\s*[,.!]*", re.IGNORECASE)
_AFTERTHOUGHT = re.compile(r"p\.?\s?s\b|.*\?$", re.IGNORECASE)


def reply_of(text: str) -> str:
    """The words of whoever wrote; all of the text when nothing else would be left."""
    lines = text.split("\n")[:MAX_LINES]
    own = _without_signature(_without_quotes(lines))
    said = "\n".join(own).strip()
    return _squeezed(said) if said else _squeezed(text.strip())


def _squeezed(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text)


def _without_quotes(lines: Sequence[str]) -> list[str]:
    """The lines up to a quote that goes on to the end, without those that are quoted in between."""
    kept: list[str] = []
    at = 0
    while at < len(lines):
        seen = lines[at][:_SEEN].strip()
        if _QUOTE.match(seen):
            at += 1
        elif taken := _attribution(lines, at):
            at += taken
            if not _is_quoted_next(lines, at) and any(map(str.strip, kept)):
                break  # quoted without marks: nobody can tell where it ends
        elif _begins_message(lines, at, seen) and any(map(str.strip, kept)):
            break
        else:
            kept.append(lines[at])
            at += 1
    return kept


def _attribution(lines: Sequence[str], at: int) -> int:
    """How many lines from here say who wrote when; 0 when they do not."""
    first = lines[at][:_SEEN].strip()
    if _OTHER_WAY.match(first):
        return 1
    if not _BEGINS.match(first):
        return 0
    joined = ""
    for count, line in enumerate(lines[at : at + _WRAPPED], 1):
        part = line[:_SEEN].strip()
        if not part or _QUOTE.match(part):
            return 0
        joined = f"{joined} {part}" if joined else part
        if joined.endswith(":") and _WROTE.search(joined):
            return count if _DIGIT.search(joined) or "@" in joined or _is_quoted_next(lines, at + count) else 0
    return 0


def _is_quoted_next(lines: Sequence[str], at: int) -> bool:
    following = next((line for line in lines[at : at + _OUTLOOK] if line.strip()), "")
    return bool(_QUOTE.match(following))


def _begins_message(lines: Sequence[str], at: int, seen: str) -> bool:
    """Whether an earlier message begins here, as Outlook puts it below."""
    if _SEPARATOR.match(seen):
        return True
    if _RULE.match(seen):
        following = [line[:_SEEN].strip() for line in lines[at + 1 : at + 1 + _OUTLOOK]]
        return any(map(_FROM.match, following))
    if not _FROM.match(seen):
        return False
    following = [line[:_SEEN].strip() for line in lines[at + 1 : at + 1 + _OUTLOOK]]
    return sum(1 for line in following if _HEADER.match(f"{line} ")) >= 2


def _without_signature(lines: Sequence[str]) -> Sequence[str]:
    for at, line in enumerate(lines):
        seen = line[:_SEEN].strip()
        if not seen or not any(map(str.strip, lines[:at][-_SIGNED:])):
            continue
        if _DASHES.fullmatch(line.rstrip("\n")) or (_PHONE.match(seen) and _is_end(lines, at, len(seen) <= 120)):
            return lines[:at]
        if _CLOSING.fullmatch(seen) and _is_end(lines, at, True):
            return lines[:at]
    return lines


def _is_end(lines: Sequence[str], at: int, is_short: bool) -> bool:
    """Whether no more than a name and such things follow."""
    following = [line[:_SEEN].strip() for line in lines[at + 1 : at + 1 + 4 * _SIGNED] if line.strip()]
    rest = any(map(str.strip, lines[at + 1 + 4 * _SIGNED :]))
    return (
        is_short
        and not rest
        and len(following) <= _SIGNED
        and all(len(line) <= 100 and not _AFTERTHOUGHT.match(line) for line in following)
    )
