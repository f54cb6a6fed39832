"""Rare identifiers: the words of a query that a vector does not understand but a text search finds.

Product codes, error numbers, names of functions. Dense retrieval all but ignores them (hit@1 0.15 against 0.87), and a
full-text search is worse than dense retrieval at everything else, so only they are given to it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from antiphon.knowledge.breath import unhurried

_TOKEN = re.compile(r"[^\W_](?:[\w./#:-]*\w)?")
_ADDRESS = re.compile(r"(?<!\S)(?:\S*?(?:@|://)|www\.)\S+")
_DIGITS = re.compile(r"\d+")
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_QUANTITY = re.compile(  # says how much of something, not which
    r"\d[\d.,:]*(?:-\d[\d.,:]*)?-?(?:[kmg]?b|[km]|[km]?bit/?s?|p|px|fps|[kmg]?hz|m?s|h|hrs?|min|sec|d|day|days|week|"
    r"weeks|month|months|year|years|yr|hour|hours|minute|minutes|x|th|st|nd|rd|am|pm|cm|mm|km|kg|g|ml|l|gb/s|mb/s)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{1,2}[/:]\d{1,2}|\d{4}-\d{4}")
_CAMEL = re.compile(r"[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*(?:Error|Exception)")  # maxRetries, iPhone, TimeoutError
_SNAKE = re.compile(r"\w*[^\W_]_[^\W_]\w*")
_NUMBERED = frozenset(  # a plain number after one of these names something
    "article code error form http id invoice item model nr number order part rfc serial sku status ticket".split()
)
_LONG_NUMBER = 5  # digits from which a number names something by itself
_SEPARATORS = re.compile(r"[\W_]+")
_FEW = 3  # passages: where it is described, listed, and asked about
_FEW_OF_MANY = 500  # one passage in so many may hold a word that is still rare


class Rarity:
    """Which identifiers a collection of passages holds, and how rare they are there."""

    def __init__(self, contents: Iterable[str]) -> None:
        self._written: defaultdict[str, set[str]] = defaultdict(set)
        self._holding: Counter[str] = Counter()  # how many passages hold an identifier
        self._families: set[str] = set()
        passages = 0
        for content in unhurried(contents):
            passages += 1
            shaped = list(_shaped(content))
            self._holding.update({_key(token) for token, _ in shaped})
            for token, before in shaped:
                self._written[_key(token)].add(token)
                self._families.add(_family(token, before))
        self._few = max(_FEW, passages // _FEW_OF_MANY)

    def rare(self, query: str) -> dict[str, list[str]]:
        """The identifiers of a query that few passages hold, each with the ways in which they write it."""
        keys = sorted(identifiers(query))
        return {key: sorted(self._written[key]) for key in keys if 0 < self._holding[key] <= self._few}

    def unknown(self, query: str) -> list[str]:
        """The identifiers of a query that no passage holds, though passages hold others of their kind.

        Where E-4012 and E-5107 are explained, nothing can be said about E-9999, however near it seems. An order number
        among passages without order numbers is no such thing.
        """
        return [
            token
            for token, before in _shaped(query)
            if _key(token) not in self._holding and _family(token, before) in self._families
        ]


def identifiers(text: str) -> frozenset[str]:
    """The words of a text that look like identifiers, as they are compared: "e4012" and "E-4012" are alike."""
    return frozenset(_key(token) for token, _ in _shaped(text))


def _shaped(text: str) -> Iterator[tuple[str, str]]:
    """Words that look like identifiers, each with the word before it."""
    if "@" in text or "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    before = ""
    for match in _TOKEN.finditer(text):
        token = match[0]
        priced = match.start() > 0 and text[match.start() - 1] in "$€£¥"
        if not priced and _is_identifier(token, before):
            yield token, before
        before = token.lower()


def _is_identifier(token: str, before: str) -> bool:
    if token.isalpha() and (token.islower() or token.istitle()):
        return False  # nearly every word; the rest of this would be slow for all of them
    if _QUANTITY.fullmatch(token) or _DATE.fullmatch(token):
        return False
    digits = len(_DIGIT.findall(token))
    if digits == len(token):
        return digits >= _LONG_NUMBER or (before in _NUMBERED and digits > 1)
    if digits and _LETTER.search(token):
        return len(token) > 2  # "B2" may be anything
    if digits:  # "555-0134"
        return "-" in token and digits >= _LONG_NUMBER
    return bool(_CAMEL.fullmatch(token) or _SNAKE.fullmatch(token))


def _key(token: str) -> str:
    return _SEPARATORS.sub("", token).casefold()


def _family(token: str, before: str) -> str:
    """What identifiers of one kind share: "E-4012" is one of "e0", "HTTP 429" one of "http 0"."""
    family = _DIGITS.sub("0", _key(token))
    return f"{before} 0" if family == "0" else family
