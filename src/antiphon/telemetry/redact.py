"""What may be secret or personal in a reason that others worded, covered before it is logged."""

import re
from collections.abc import Callable

HIDDEN = "<hidden>"

# Each finds a part of a text, and says what stands there instead. All are linear in the length of the text.
_COVERS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?<=://)[^\s/@]{1,256}@"), f"{HIDDEN}@"),  # postgresql://user:password@host
    (re.compile(r"\b(Bearer|Basic) +[\w.~+/=-]{4,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"\b((?:[\w-]{0,40}[_-])?(?:api[_-]?key|access[_-]?key|key|token|secret|password|passwd|authorization))"
            r"(['\"]?\s?[=:]\s?['\"]?)(?!<hidden>|Bearer|Basic)[^\s'\",;&]{6,}",
            re.IGNORECASE,
        ),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"\b(?:whsec_|sk-|sk_|AIza|xox[a-z]-|gh[pousr]_)[\w-]{8,}"), HIDDEN),
    (re.compile(r"input_value=.{0,2000}?, input_type="), f"input_value={HIDDEN}, input_type="),  # pydantic quotes it
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "<email>"),
    (re.compile(r"(?<![\w+])\+\d[\d ()./-]{6,18}\d"), "<number>"),
)


def redacted(text: str) -> str:
    """The text with keys, passwords in addresses, e-mail addresses and telephone numbers covered.

    A net below the rule, which is that no message names them; it cannot know every name and every sentence.
    """
    for pattern, instead in _COVERS:
        text = pattern.sub(instead, text)
    return text
