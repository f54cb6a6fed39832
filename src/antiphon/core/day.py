"""Days that a message names: "by Friday", "on the 5th", "in two weeks", "15 March". English, as it is written in chats.

A day is told only where the words leave no doubt. "3/4" is in April in London and in March in Boston, "next Friday" is
this week's or the one after, and "on Monday" may be over: such words are found, and say no day.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final, TypeAlias

_Resolve: TypeAlias = Callable[[re.Match[str], date], date | None]

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NO_DAY: Final = date.max  # instead of a day that is not known; nothing is counted from it
_COUNTS: Final = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "ten": 10,
}

_WEEKDAY = r"monday|tues(?:day)?|wednesday|thur(?:s(?:day)?)?|friday|saturday|sunday"
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?"
)
_DAY = r"(?P<day>\d{1,2})"
_YEAR = r"(?:,?\s(?P<year>\d{4})\b)?"
_SHORT = r"mon|tue|wed|thu|fri|sat|sun"  # "sat" and "sun" are words too; these need one of the following before them
_TO = (
    r"(?:(?<=on )|(?<=by )|(?<=till )|(?<=until )|(?<=before )|(?<=dated )|(?<=this )|(?<=next )|(?<=last )|(?<=come ))"
)
_TENSE = re.compile(
    r"(?P<ahead>\b(?:will|shall|gonna|going to|before|until|till|promise|scheduled|planned|expect|can|could|pay|send|do"
    r"|by(?! (?:bank|card|cash|check|cheque|gpay|imps|mail|neft|paypal|post|rtgs|transfer|upi|wire)\b))\b|['’]ll\b)"
    r"|\b(?:paid|sent|transferred|made|did|done|deposited|released|mailed|settled|went|left|was|were|had|got"
    r"|came|arrived|received|cancelled|ordered)\b",
    re.IGNORECASE,
)


def day_in(text: str, today: date | None) -> Iterator[tuple[str, date | None]]:
    """Each day that a text names, in its own words and as a date when there is no doubt, in the order of the text.

    Args:
        today: the day of the message; without it only dates with a year are dates.
    """
    tenses = [(match.start(), match["ahead"] is not None) for match in _TENSE.finditer(text)]
    for match in _ANY.finditer(text):
        for pattern, resolve, needs_ahead in _PATTERNS:
            if inner := pattern.fullmatch(text, match.start(), match.end()):
                doubt = (today is None and resolve not in _ALONE) or (needs_ahead and not _ahead(tenses, match.start()))
                yield match[0], None if doubt else resolve(inner, today or _NO_DAY)
                break


def _ahead(tenses: list[tuple[int, bool]], at: int) -> bool:
    """Whether a place in a sentence is about what is to come: as the verb before it says, or else the one after it.

    Without any it is: "Friday" alone answers a question for the day.
    """
    before = [ahead for start, ahead in tenses if start < at]
    after = [ahead for start, ahead in tenses if start >= at]
    return (before[-1:] or after[:1] or [True])[0]


def _date(year: int, month: int, day: int) -> date | None:
    """That day, or None when there is none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _later(today: date, days: int) -> date | None:
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return None


def _iso(match: re.Match[str], _: date) -> date | None:
    return _date(int(match["year"]), int(match["month"]), int(match["day"]))


def _slashed(match: re.Match[str], _: date) -> date | None:
    """15/3/2025: the day is the number that cannot be a month."""
    first, second, year = int(match["first"]), int(match["second"]), match["year"]
    if first <= 12 and second <= 12 and first != second:
        return None
    month, day = (first, second) if first <= 12 else (second, first)
    return _date(int(year) + (2000 if len(year) == 2 else 0), month, day)


def _named(match: re.Match[str], today: date) -> date | None:
    """15 March: of the year that is named, or else of the one that makes it near."""
    month, day = _MONTHS.index(match["month"][:3].lower()) + 1, int(match["day"])
    if match["year"]:
        return _date(int(match["year"]), month, day)
    if today == _NO_DAY:
        return None
    near = [found for year in (today.year - 1, today.year, today.year + 1) if (found := _date(year, month, day))]
    return min(near, key=lambda found: abs((found - today).days), default=None)


def _of_month(match: re.Match[str], today: date) -> date | None:
    """The 5th: of this month, or of the next one when it has passed."""
    this = _date(today.year, today.month, int(match["day"]))
    if this and this >= today:
        return this
    return _date(today.year + today.month // 12, today.month % 12 + 1, int(match["day"]))


def _weekday(match: re.Match[str], today: date) -> date | None:
    """The one to come, which is never today; last Friday is the one before."""
    ahead = (_WEEKDAYS.index(match["weekday"][:3].lower()) - today.weekday()) % 7 or 7
    return None if match["which"] else _later(today, ahead)


def _in_days(match: re.Match[str], today: date) -> date | None:
    count = match["count"].lower()
    days = _COUNTS.get(count, 0) or int(count)
    return _later(today, days * (7 if match["unit"].lower() == "week" else 1))


def _month_end(_: re.Match[str], today: date) -> date | None:
    return date(today.year, today.month, monthrange(today.year, today.month)[1])


def _away(days: int) -> _Resolve:
    return lambda _, today: _later(today, days)


def _unsure(_: re.Match[str], __: date) -> date | None:
    return None


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# Each with what it means, and whether it means that only in a sentence about what is to come. The first that fits wins.
_PATTERNS: Final[tuple[tuple[re.Pattern[str], _Resolve, bool], ...]] = (
    (_words(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"), _iso, False),
    (_words(r"(?P<first>\d{1,2})[/.-](?P<second>\d{1,2})[/.-](?P<year>\d{4}|\d{2})"), _slashed, False),
    (_words(rf"{_TO}\d{{1,2}}/\d{{1,2}}"), _unsure, False),
    (_words(rf"{_DAY}(?:st|nd|rd|th)?(?:\sof)?\s(?P<month>{_MONTH})\b{_YEAR}"), _named, False),
    (_words(rf"(?!may \d+ [a-z])(?P<month>{_MONTH})\s{_DAY}(?:st|nd|rd|th)?\b{_YEAR}"), _named, False),
    (_words(rf"{_DAY}(?:st|nd|rd|th)"), _of_month, True),
    (_words(r"day after tomorrow"), _away(2), False),
    (_words(r"tomorrow|tom+or+ow|tmrw|tmw|2moro"), _away(1), False),
    (_words(r"today|tonight|this (?:morning|afternoon|evening)|eod|end of (?:the )?day"), _away(0), False),
    (_words(r"yesterday|last night"), _away(-1), False),
    (_words(r"in (?P<count>\d{1,3}|an?|one|two|three|four|five|six|seven|ten) (?P<unit>day|week)s?"), _in_days, False),
    (_words(r"(?:the )?(?:end of (?:the |this )?month|month[ -]?end)"), _month_end, True),
    (
        _words(rf"(?P<which>(?:next|last|past) )?(?:this |coming )?(?P<weekday>{_WEEKDAY}|{_TO}(?:{_SHORT}))"),
        _weekday,
        True,
    ),
    (_words(r"(?:next|this|last) (?:week|month|quarter|year)|(?:the |this |next )?weekend"), _unsure, False),
)
_ALONE: Final = (_iso, _slashed, _named)  # need no today
_ANY: Final = _words(
    rf"(?<![\w.,/-])(?:{'|'.join(re.sub(r'[?]P<[a-z]+>', '?:', one.pattern) for one, _, _ in _PATTERNS)})(?![\w/-])"
)
