"""Sentences: where one ends, and where a full stop means something else."""

import re

_ENDS = re.compile(r"[.!?…]+[\"'”’)\]]*\s+")
# Upper case, a figure or a price, perhaps in quotes; a sentence that begins with "iOS" is too rare.
_BEGINS = re.compile(r"[\"'“(\[]*(?:[^\W_a-z]|[$€£¥#@])")
_LAST_WORD = re.compile(r"(\S+?)[.…]+$")
_ABBREVIATIONS = frozenset(
    "e.g i.e eg ie etc vs cf ca approx incl excl max min est dept tel ext fig vol ed jan feb mar apr jun jul aug "
    "sep sept oct nov dec mon tue wed thu fri sat sun mr mrs ms dr prof st jr sr inc ltd co corp u.s u.k e.u a.m p.m "
    "z.b d.h bzw usw ggf inkl zzgl nr str".split()
)
_NUMBERED = frozenset({"no", "nos", "art", "sec", "p", "pp", "ch", "v", "ver"})  # "no. 5", but "No. We do not."
_CLOSING = frozenset({"etc", "inc", "ltd", "co", "corp", "u.s", "u.k", "e.u", "a.m", "p.m", "jr", "sr", "usw"})
_BULLET = re.compile(r"\s*(?:[-*•–]|\d{1,3}[.)])\s+")


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without the space around them.

    A line break ends a sentence. A line that ends in a colon stays with the list below it: neither says anything
    alone.
    """
    found: list[str] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        if found and _BULLET.match(line) and found[-1].partition("\n")[0].endswith(":"):
            found[-1] += "\n" + line
        else:
            found.extend(_in_line(line))
    return found


def _in_line(line: str) -> list[str]:
    bullet = _BULLET.match(line)
    start = 0
    found = []
    for end in _ENDS.finditer(line, bullet.end() if bullet else 0):
        if _BEGINS.match(line, end.end()) and not _is_abbreviation(line[start : end.end()].rstrip(), line[end.end()]):
            found.append(line[start : end.end()].strip())
            start = end.end()
    found.append(line[start:].strip())
    return [sentence for sentence in found if sentence]


def _is_abbreviation(so_far: str, following: str) -> bool:
    last = _LAST_WORD.search(so_far)
    if last is None:
        return False
    word = last[1].lstrip("\"'“([")
    known = word.lower()
    if known in _NUMBERED or known in _CLOSING:  # the latter often do end a sentence, and then a capital follows
        return following.isdigit()
    return known in _ABBREVIATIONS or (len(word) == 1 and word.isupper() and word != "I")
