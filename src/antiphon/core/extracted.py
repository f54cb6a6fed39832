"""What a message names, beside what it means: sums of money, days, numbers of invoices and orders, addresses.

Patterns of bounded width over the first `READ_CHARS` of a text, so that time grows with the text and no further.
Nothing is made up: a day that may be two ("3/4") has no date, and a sum without a currency has none.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from antiphon.core.day import day_in
from antiphon.core.mentions import addresses
from antiphon.core.names import Facts

READ_CHARS = 4000  # of a text; what stands further down is quoted mail
MOST = 10  # of a kind; more is a table, not a message

_CURRENCIES: Final = {
    "INR": r"₹|rs\.?|inr|rupees?|rupaye",
    "USD": r"us\$|\$|usd|dollars?|bucks?",
    "GBP": r"£|gbp|pounds?|quid",
    "EUR": r"€|eur|euros?",
}
_SCALES: Final = {"k": 1_000, "lakh": 100_000, "lac": 100_000, "crore": 10_000_000, "cr": 10_000_000, "mn": 1_000_000}
_SIGN = "|".join(_CURRENCIES.values())
_FIGURE = r"\d{1,3}(?:[,.]\d{2,3}){1,5}|\d{1,12}(?:[.,]\d{1,2})?"
_SCALE = r"(?:\s?(?P<{name}>k|lakh|lac|crore|cr|mn)s?\b)?"
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?P<before>{_SIGN})\s?(?P<figure>{_FIGURE})(?![\d,.]*\d){_SCALE.format(name='scale')}"
    rf"|(?<![\w.,-])(?P<figure2>{_FIGURE})(?![\d,.]*\d){_SCALE.format(name='scale2')}\s?(?P<after>{_SIGN})(?!\w)"
    rf"|(?<![\w.,-])(?P<figure3>{_FIGURE})\s?(?P<scale3>lakh|lac|crore|k)s?\b"
    rf"|(?:(?<=paid )|(?<=pay )|(?<=sent )|(?<=send )|(?<=transferred )|(?<=transfer ))"
    rf"(?P<figure4>{_FIGURE})(?![\d,.]*\d)(?![\w/-])(?!\s?(?:days?|weeks?|months?|times|items?|boxes|pieces|units|%))",
    re.IGNORECASE,
)
_WITH_DIGIT = r"(?=[A-Za-z/-]{0,10}\d)[A-Za-z0-9][A-Za-z0-9/-]{1,29}"
_NUMBERED = r"(?:\s?(?:no\.?|nr\.?|num(?:ber)?|id|#))?\s?[:#]?\s?"
_IDS: Final = {
    "invoices": re.compile(
        rf"\b(?P<code>inv[-/]\d[\w/-]{{0,28}}|inv\d{{3,12}})"
        rf"|\b(?:invoice|inv|bill){_NUMBERED}(?P<number>{_WITH_DIGIT})",
        re.IGNORECASE,
    ),
    "orders": re.compile(
        rf"\b(?P<code>(?:ord|po|so)[-/]\d[\w/-]{{0,28}}|(?:ord|po)\d{{3,12}})"
        rf"|\b(?:purchase order|order|po){_NUMBERED}(?P<number>{_WITH_DIGIT})",
        re.IGNORECASE,
    ),
    "shipments": re.compile(
        rf"\b(?P<code>ship[-/]\d[\w/-]{{0,28}})|\b(?:shipment|consignment|tracking|awb){_NUMBERED}(?P<number>{_WITH_DIGIT})",
        re.IGNORECASE,
    ),
    "payments": re.compile(  # what a bank calls a transfer: the surest sign of one
        rf"\b(?:utr|txn|transaction|reference|ref|cheque|check){_NUMBERED}(?P<number>{_WITH_DIGIT})", re.IGNORECASE
    ),
}


def extracted(text: str, *, today: date | None = None) -> dict[str, list[Facts] | list[str]]:
    """What a text names, by kind; kinds of which there is nothing are left out. Never raises.

    `amounts`: [{text, value, currency?}], `dates`: [{text, date?}] with ISO dates where the text leaves no doubt,
    `invoices`, `orders`, `shipments`, `payments` and `emails`: texts, each once.

    Args:
        today: the day of the message, where it was written. Without it "tomorrow" has no date.
    """
    read = text[:READ_CHARS]
    ids = {kind: list(dict.fromkeys(_numbers(read, pattern)))[:MOST] for kind, pattern in _IDS.items()}
    rest = _without(read, [number for numbers in ids.values() for number in numbers])
    found: dict[str, list[Facts] | list[str]] = {
        "amounts": [amount for amount, _ in zip(_amounts(rest), range(MOST), strict=False)],
        "dates": [day for day, _ in zip(_days(rest, today), range(MOST), strict=False)],
        **ids,
        "emails": list(dict.fromkeys(address.lower() for address in addresses(read) if _whole(address)))[:MOST],
    }
    return {kind: values for kind, values in found.items() if values}


def _numbers(text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    for match in pattern.finditer(text):
        number = (match.groupdict().get("code") or match.groupdict().get("number") or "").rstrip("/-")
        if number:
            yield number.upper()


def _without(text: str, numbers: list[str]) -> str:
    """The text without what was found to be a number of something: 4521 is no sum then, and 2024 no year."""
    for number in numbers:
        text = re.sub(rf"(?<!\w){re.escape(number)}(?!\w)", "#", text, flags=re.IGNORECASE)
    return text


def _amounts(text: str) -> Iterator[Facts]:
    for match in _AMOUNT.finditer(text):
        parts = match.groupdict()
        figure = parts["figure"] or parts["figure2"] or parts["figure3"] or parts["figure4"]
        scale = parts["scale"] or parts["scale2"] or parts["scale3"]
        value = _value(figure) * _SCALES.get((scale or "").lower(), 1)
        amount: dict[str, object] = {"text": match[0].strip(), "value": _plain(value)}
        if currency := _currency(parts["before"] or parts["after"]):
            amount["currency"] = currency
        yield amount


def _value(figure: str) -> float:
    """1,250.50 and 1.250,50; 2,50,000; 30,50: the last sign is a decimal one when one or two digits follow it."""
    whole, decimals = figure, ""
    if (at := max(figure.rfind(","), figure.rfind("."))) >= 0 and len(figure) - at - 1 <= 2:
        whole, decimals = figure[:at], figure[at + 1 :]
    return float(f"{re.sub('[,.]', '', whole)}.{decimals or 0}")


def _plain(value: float) -> int | float:
    value = round(value, 2)
    return int(value) if value.is_integer() else value


def _currency(sign: str | None) -> str | None:
    codes = (code for code, signs in _CURRENCIES.items() if sign and re.fullmatch(signs, sign, re.IGNORECASE))
    return next(codes, None)


def _days(text: str, today: date | None) -> Iterator[Facts]:
    for said, day in day_in(text, today):
        yield {"text": said, **({"date": day.isoformat()} if day else {})}


def _whole(address: str) -> bool:
    name, _, domain = address.partition("@")
    return bool(name) and "." in domain.strip(".")
