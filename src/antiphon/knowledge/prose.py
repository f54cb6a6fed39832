"""Prose: what the fields of an object say, as a person would say it.

`{"name": "Pro", "price": "$79/month", "resolution": "4K", "features": ["AI captions"]}` in a list of plans becomes
"The Pro plan costs $79/month and includes 4K resolution and AI captions."
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from antiphon.knowledge.words import content_words

Fields: TypeAlias = Mapping[str, Any]  # JSON values by name
Scalar: TypeAlias = str | int | float | bool

_PRICES = frozenset({"price", "cost", "costs", "fee", "rate"})
_PERIODS = frozenset({"period", "interval", "per", "billing", "billing_period", "billing_cycle"})
_PERIOD_WORDS = {"monthly": "month", "yearly": "year", "annually": "year", "annual": "year", "weekly": "week"}
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
_INCLUDING = frozenset({"features", "includes", "included", "benefits", "perks", "highlights"})
_TELLING = frozenset(
    "about answer body content definition description detail details explanation info meaning note notes overview "
    "policy rule statement summary text value".split()
)
_UNSAID = frozenset({"slug", "icon", "image", "order", "position", "sort"})  # for programs, not people
_MEASURE = re.compile(r"\d[\w.,/+%]*$|unlimited$|none$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CODE = re.compile(r"(?=.*\d)(?=.*[A-Z])[A-Z0-9._/-]+$")
_ADDRESS = re.compile(r"\S@\S|\w://")
_OPENERS = frozenset(  # lose their capital inside a sentence; "Instagram" would not like to
    "Access Advanced All Automatic Custom Dedicated Email Every Extra Free Full Limited More Multiple No One Only "
    "Priority Standard Three Two Unlimited Up".split()
)
_SENTENCE_WORDS = 6  # a value this long speaks for itself


def spoken(key: str) -> str:
    """A key as words: "money_back" and "moneyBack" are "money back". Codes and phrases stay as they are."""
    if " " in key or _CODE.match(key):
        return key.strip()
    return _CAMEL.sub(" ", re.sub(r"[_-]+", " ", key)).strip().lower() if not key.isupper() else key


def heading(key: str) -> str:
    """A key as a heading."""
    words = spoken(key)
    return words[:1].upper() + words[1:]


def listed(items: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else ""


def sentence(text: str) -> str:
    """Text with an end."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…:" else f"{text}."


def said(value: Scalar) -> str:
    """One value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


def is_price(key: str) -> bool:
    """Whether a field of that name says what something costs."""
    return key.lower() in _PRICES


def is_scalar(value: Any) -> bool:
    """Whether a JSON value is a single word, number or truth."""
    return isinstance(value, str | int | float)


def is_short_list(value: Any) -> bool:
    """Whether a JSON value is a list of single values."""
    return isinstance(value, list) and bool(value) and all(map(is_scalar, value))


@dataclass(kw_only=True, slots=True)
class _Saying:
    """What is said of one object, while it is being gathered."""

    price: str = ""
    included: list[str] = field(default_factory=list)  # what fits after "includes"
    missing: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)  # whole sentences

    def add(self, key: str, value: Any) -> None:
        words = spoken(key)
        match value:
            case bool() if self.price:
                (self.included if value else self.missing).append(words)
            case list():
                self._add_list(key, [said(item) for item in value if item is not None and said(item)])
            case int() | float() if not isinstance(value, bool) and (words.endswith("s") or " per " in words):
                self.included.append(f"{value} {words}")
            case str():
                self._add_text(key, value.strip())
            case _:
                self.told.append(f"{heading(key)}: {said(value)}.")

    def _add_list(self, key: str, items: list[str]) -> None:
        if any(_is_sentence(item) for item in items):
            self.told.extend(map(sentence, items))
        elif key.lower() in _INCLUDING:
            self.included.extend(map(_inside, items))
        elif items:
            self.told.append(f"{heading(key)}: {listed(items)}.")

    def _add_text(self, key: str, text: str) -> None:
        words = spoken(key)
        mentions = bool(content_words(words) & content_words(text))
        if not text:
            return
        if key.lower() in _TELLING or (mentions and _is_sentence(text)):
            self.told.append(sentence(text))
        elif _ADDRESS.search(text):
            self.told.append(f"{heading(key)}: {text}")
        elif mentions:
            self.included.append(_inside(text))
        elif _MEASURE.match(text):
            self.included.append(f"{_inside(text)} {words}")
        else:
            self.told.append(sentence(f"{heading(key)}: {text}"))

    def prose(self, subject: str) -> str:
        said_first = []
        if self.price:
            includes = f" and includes {listed(self.included)}" if self.included else ""
            said_first.append(f"{subject} {self.price}{includes}.")
        elif self.included:
            said_first.append(f"{subject} includes {listed(self.included)}.")
        if self.missing:
            said_first.append(f"It does not include {listed(self.missing)}.")
        return " ".join([*said_first, *self.told])


def describe(subject: str, fields: Fields) -> str:
    """What the fields of an object say of it, "" when they say nothing. The subject begins the first sentence."""
    saying = _Saying()
    rest = dict(_flat(fields))
    priced = next((key for key in rest if is_price(key) and is_scalar(rest[key])), None)
    if priced is not None:
        saying.price = _price(rest, priced)
    for key, value in rest.items():
        saying.add(key, value)
    return saying.prose(subject)


def _flat(fields: Fields) -> Iterator[tuple[str, Any]]:
    """The fields, and those of objects inside them; a price keeps its own name before theirs."""
    for key, value in fields.items():
        if key.startswith(("_", "$")) or value is None:
            continue
        if isinstance(value, dict):
            outer = f"{key} " if is_price(key) else ""
            yield from ((f"{outer}{inner}", what) for inner, what in _flat(value))
        elif key.lower() not in _UNSAID and not (key.lower() == "id" and isinstance(value, int)):
            yield key, value


def _price(rest: dict[str, Any], key: str) -> str:
    """ "costs $29 per month", from a price and what stands beside it; takes out what it used."""
    value = rest[key]
    text = said(value)
    if isinstance(value, str) and not any(map(str.isdigit, text)) and text.lower() != "free":
        rest.pop("currency", None)
        return ""  # "on request": a sentence of its own
    del rest[key]
    currency = str(rest.pop("currency", "") or "")
    if not isinstance(value, str):
        symbol = _SYMBOLS.get(currency.upper())
        text = f"{symbol}{value}" if symbol else f"{value} {currency}".strip()
    period = next((name for name in rest if name.lower() in _PERIODS and isinstance(rest[name], str)), None)
    if period is not None and "/" not in text and " per " not in text:
        word = rest.pop(period).strip().lower()
        text = f"{text} per {_PERIOD_WORDS.get(word, word.removeprefix('per '))}"
    return "is free" if value == 0 or text.lower() == "free" else f"costs {text}"


def _is_sentence(text: str) -> bool:
    return text.endswith((".", "!")) or len(text.split()) >= _SENTENCE_WORDS


def _inside(text: str) -> str:
    """A phrase as it stands inside a sentence: "Unlimited videos" loses its capital, "AI captions" does not."""
    first = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if first in _OPENERS else text


def sentences_of(items: Iterable[Scalar]) -> list[str]:
    """Values that are sentences of their own, or the empty list when they are words to be listed."""
    texts = [said(item) for item in items]
    return [sentence(text) for text in texts if text] if any(map(_is_sentence, texts)) else []
