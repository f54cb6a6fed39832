"""Forms: reading values out of what people write, and whether they can be accepted.

People don't answer like forms. "it's John, john@example.com" fills two slots; "no, my e-mail is ..." corrects one.
`read` finds values that speak for themselves anywhere in a message, and takes the rest as the answer to the slot
that was asked for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import validate_email
from pydantic_core import PydanticCustomError

from antiphon.core.names import Facts
from antiphon.core.pack import FormDef, SlotDef

MAX_VALUE_CHARS = 200
MAX_NAME_WORDS = 5


class Refused(Exception):
    """A value that cannot be accepted. The message is shown to the person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a message says about a form."""

    filled: Facts = field(default_factory=dict)  # slot to accepted value, new or corrected
    refused: Facts = field(default_factory=dict)  # slot to the reason why its value was not accepted
    explicit: bool = False  # some value spoke for itself, rather than being taken as the answer


# Validators: text in, accepted value out, or Refused.


def _valid_name(text: str, _: SlotDef) -> str:
    words = text.split()
    if not words or len(words) > MAX_NAME_WORDS or len(text) > MAX_VALUE_CHARS:
        raise Refused("that does not look like a name")
    if not all(re.fullmatch(r"[^\W\d_][\w.'’\-]*", word) for word in words) or re.search(r"\d", text):
        raise Refused("that does not look like a name")
    if all(word.lower().strip(".'") in _NOT_NAMES for word in words):
        raise Refused("that does not look like a name")
    return " ".join(words)


def _valid_email(text: str, _: SlotDef) -> str:
    try:
        return validate_email(text)[1]
    except PydanticCustomError as error:
        raise Refused("that does not look like an e-mail address") from error


def _valid_phone(text: str, _: SlotDef) -> str:
    digits = re.sub(r"[\s()./-]", "", text)
    if not re.fullmatch(r"\+?\d{6,15}", digits):
        raise Refused("that does not look like a phone number")
    return digits


def _valid_choice(text: str, slot: SlotDef) -> str:
    if found := _find_choice(text, slot):
        return found
    if not slot.other:
        raise Refused(f"please choose one of {', '.join(slot.choices)}")
    value = _valid_text(re.sub(_LEAD_IN, "", text).strip(" .!"), slot)
    if value.lower() in _NOT_NAMES or not re.search(r"\w", value):
        raise Refused(f"please say which one, for example {', '.join(list(slot.choices)[:3])}")
    return value


def _valid_text(text: str, _: SlotDef) -> str:
    value = " ".join(text.split())
    if not value or len(value) > MAX_VALUE_CHARS:
        raise Refused(f"please use between 1 and {MAX_VALUE_CHARS} characters")
    return value


_VALIDATORS: dict[str, Callable[[str, SlotDef], str]] = {
    "name": _valid_name,
    "email": _valid_email,
    "phone": _valid_phone,
    "choice": _valid_choice,
    "text": _valid_text,
}


def validate(slot: SlotDef, text: str) -> str:
    """The value as it is kept.

    Raises:
        Refused: when it cannot be accepted; the message says why.
    """
    return _VALIDATORS[slot.type](text.strip(), slot)


def check(form: FormDef, values: Facts) -> Reading:
    """A whole form handed in at once: every slot is needed, and no other."""
    filled: dict[str, str] = {}
    refused: dict[str, str] = {}
    for slot in form.slots:
        try:
            filled[slot.name] = validate(slot, str(values.get(slot.name) or ""))
        except Refused as why:
            refused[slot.name] = str(why)
    return Reading(filled=filled, refused=refused, explicit=True)


# Finders: values that speak for themselves, wherever they stand.

_EMAIL = re.compile(r"[^\s,;:<>()\"']*@[^\s,;<>()\"']*")
_PHONE = re.compile(r"\+?\d[\d\s()./-]{5,}\d")
_LEAD_IN = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|sure|ok|okay|no|nope|sorry|well|oh|actually|hi|hello|hey|and|so|please)\b[\s,.!:;-]*)*"
    r"(?:(?:it(?:'|’)?s|it is|i(?:'|’)?m|i am|im|that(?:'|’)?s|this is|here is|call me|they call me|"
    r"(?:my|the)(?: \w+)? (?:is|would be)|you can (?:call|reach) me(?: at| on)?|name|e-?mail(?: address)?|"
    r"i (?:meant|mean|use|post on|create for|publish on|stream on)|mostly|mainly|change (?:it|that) to|"
    r"make (?:it|that))\b[\s,:]*)?",
    re.IGNORECASE,
)
_SAYS_NAME = re.compile(
    r"\b(?:my (?:full )?name(?:'s| is|:)?|call me|change (?:my|the) name to"
    r"|(?:i(?:'|’)m|i am|this is|it(?:'|’)?s)(?= [A-Z]))"
    r"\s+(?P<name>[^\W\d_][^,;!?@\n\d]*)",
    re.IGNORECASE,
)
_NAME_ENDS = re.compile(
    r"\s*(?:[,;!?\n]|\.(?:\s|$)|\b(?:and|but|with|from|my|the|e-?mail|email|not|here|please|on|at|by|i|"
    r"is|it|you|who|a|an|for|looking|interested|trying|ready|signing|thinking)\b).*$",
    re.IGNORECASE | re.DOTALL,
)
_NOT_NAMES = frozenset(
    "yes yeah yep no nope ok okay sure fine thanks thank you please hi hello hey what why who when where how which "
    "maybe later never mind nothing none nobody skip stop cancel idk dunno the a an my me i it is not good great "
    "email e-mail name address platform pro basic plan free trial wait test do does can could would will ready".split()
)


def _find_choice(text: str, slot: SlotDef) -> str | None:
    """The choice that a message names last: in "not TikTok, YouTube" that is the one meant."""
    best: tuple[int, str] | None = None
    for value, words in slot.choices.items():
        for word in (value, *words):
            for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
                if best is None or match.start() > best[0]:
                    best = (match.start(), value)
    return best[1] if best else None


def _find_name(text: str, slot: SlotDef) -> str | None:
    for match in _SAYS_NAME.finditer(text):
        candidate = _NAME_ENDS.sub("", match["name"]).strip(" .")
        try:
            return _valid_name(candidate, slot)
        except Refused:
            continue
    return None


def _without(text: str, *patterns: re.Pattern[str]) -> str:
    for pattern in patterns:
        text = pattern.sub(" ", text)
    return text


def _answer(text: str, slot: SlotDef) -> str:
    """The part of a message that answers the slot asked for, without its polite beginning."""
    if slot.type == "email":
        return text
    rest = _without(text, _EMAIL)
    if slot.type == "name":
        rest = re.split(r"[,;\n]|\b(?:and )?(?:my )?e-?mail\b|\band\b", _LEAD_IN.sub("", rest, count=1))[0]
        return rest.strip(" .!")
    return rest.strip(" ,;") if slot.type in ("choice", "text") else rest


def _speaks_for_itself(text: str, slot: SlotDef) -> str | None:
    """The piece of a message that can only be this slot, or None."""
    if slot.type == "email":
        found = _EMAIL.findall(text)
        return str(found[-1]).strip(".!?") if found else None
    if slot.type == "phone":
        match = _PHONE.search(_without(text, _EMAIL))
        return match.group() if match else None
    if slot.type == "choice":
        return _find_choice(_without(text, _EMAIL), slot)
    if slot.type == "name":
        return _find_name(_without(text, _EMAIL), slot)
    return None


def read(form: FormDef, text: str, asking: str | None, have: Facts) -> Reading:
    """What a message fills in, corrects, or fails to.

    Args:
        asking: the slot that was asked for, which takes what no other slot claims; None when nothing was asked.
        have: the slots filled so far.
    """
    filled: dict[str, str] = {}
    refused: dict[str, str] = {}
    explicit = False
    for slot in form.slots:
        piece = _speaks_for_itself(text, slot)
        if piece is None:
            continue
        explicit = True
        try:
            filled[slot.name] = validate(slot, piece)
        except Refused as why:
            refused[slot.name] = str(why)
    asked = next((slot for slot in form.slots if slot.name == asking), None)
    claimed_elsewhere = any(have.get(name) for name in filled)  # a correction answers nothing else
    if asked and asked.name not in filled and asked.name not in refused and not claimed_elsewhere:
        try:
            filled[asked.name] = validate(asked, _answer(text, asked))
        except Refused as why:
            if not filled:
                refused[asked.name] = str(why)
    new = {name: value for name, value in filled.items() if have.get(name) != value}
    return Reading(filled=new, refused=refused, explicit=explicit)


def missing(form: FormDef, values: Facts) -> SlotDef | None:
    """The first slot without a value, or None when the form is complete."""
    return next((slot for slot in form.slots if not values.get(slot.name)), None)
