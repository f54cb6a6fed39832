"""Forms: reading values out of what people write, and whether they can be accepted.

People don't answer like forms. "it's John, john@example.com" fills two slots; "no, my e-mail is ..." corrects one.
`read` finds values that speak for themselves anywhere in a message, and takes the rest as the answer to the slot
that was asked for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from pydantic import validate_email
from pydantic_core import PydanticCustomError

from antiphon.core.names import Facts
from antiphon.core.pack import FormDef, SlotDef

MAX_VALUE_CHARS = 200
MAX_NAME_WORDS = 5
MAX_READ_CHARS = 2000  # of a message; nobody fills in a form further down, and patterns stay quick


class Refused(Exception):
    """A value that cannot be accepted. The message is shown to the person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a message says about a form."""

    filled: Facts = field(default_factory=dict)  # slot to accepted value, new or corrected
    refused: Facts = field(default_factory=dict)  # slot to the reason why its value was not accepted
    explicit: bool = False  # some value spoke for itself, rather than being taken as the answer
    taken: str | None = None  # the slot whose value was taken as the answer, because it had been asked for


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
    own = _ARTICLE.sub("", _LEAD_IN.sub("", text)).strip(" .!")
    if not re.search(r"\w", own) or own.lower() in _NOT_NAMES or _NO_CHOICE.search(text):
        raise Refused(f"please say which one, for example {', '.join(list(slot.choices)[:3])}")
    return _valid_text(own, slot)


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

_EMAIL = re.compile(  # begins where a word does, or a long word would be searched from each of its letters
    r"(?<![^\s,;:<>()\"'])[^\s,;:<>()\"'@]*@[^\s,;<>()\"']*"
)
_SPOKEN_EMAIL = re.compile(  # "john at example dot com"
    r"(?P<who>[\w+-]+(?:(?:\.| dot )[\w+-]+)*) \(?at\)? (?P<where>[\w-]+(?:(?:\.| dot )[\w-]+)+)\W*$",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\+?\d[\d\s()./-]{5,}\d")
_LEAD_IN = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|sure|ok|okay|no|nope|sorry|well|oh|actually|hi|hello|hey|and|so|please)\b[\s,.!:;-]*)*"
    r"(?:(?:it(?:'|’)?s|it is|i(?:'|’)?m|i am|im|that(?:'|’)?s|this is|here is|call me|they call me|i go by|"
    r"(?:my|the)(?: \w+)? (?:is|would be)|(?:my|the) name(?:'|’)?s|"
    r"you can (?:call|reach) me(?: at| on)?|name|e-?mail(?: address)?|"
    r"i (?:meant|mean|use|post on|create for|publish on|stream on)|mostly|mainly|change (?:it|that) to|"
    r"make (?:it|that))\b(?: me\b)?[\s,:=–-]*)?",
    re.IGNORECASE,
)
_SAYS_NAME = re.compile(
    r"\b(?:my (?:full )?name(?:'s| is|:)?(?: actually| spelled| just)?|call me|change (?:my|the) name to"
    r"|(?:i(?:'|’)m|i am|this is|it(?:'|’)?s)(?= (?-i:[A-Z])))"  # "I'm Tired" is rare, "I'm tired" is not
    r"\s+(?P<name>[^\W\d_][^,;!?@\n\d]*)",
    re.IGNORECASE,
)
_NAME_ENDS = re.compile(  # "An" and "My" are names too, so some words end a name only where they cannot be part of it
    r"(?:^\s*(?:an?|the|my|i)\b|\s*[,;/|!?\n]|\s+-\s|\b(?:my|i)\b(?=['’ ]\w)|"
    r"\b(?:and|but|with|from|of|e-?mail|not|here|please|on|at|by|is|it|you|who|for|looking|interested|trying|"
    r"ready|signing|thinking)\b).*$",
    re.IGNORECASE | re.DOTALL,
)
_NOT_NAMES = frozenset(
    "yes yeah yep no nope ok okay sure fine thanks thank you please hi hello hey what why who when where how which "
    "maybe later never mind nothing none nobody skip stop cancel idk dunno the a an my me i it is not good great "
    "email e-mail name address platform pro basic plan free trial wait test do does can could would ready bye goodbye "
    "let's go hold on one sec second moment just".split()
)
_ARTICLE = re.compile(r"^(?:i (?:have|run|do) |for )?(?:an?|my(?: own)?|our|the)\s+", re.IGNORECASE)
_NO_CHOICE = re.compile(
    r"\b(?:not sure|no idea|(?:don(?:'|’)?t|do not) know|all of|both|none|any|anything|whatever|undecided)\b",
    re.IGNORECASE,
)
_SHORTEST_ALONE = 3  # letters; "ig" or "X" names a choice only in answer to the question


def _find_choice(text: str, slot: SlotDef, *, shortest: int = 1) -> str | None:
    """The choice that a message names last: in "not TikTok, YouTube" that is the one meant."""
    meant = {word.casefold(): value for value, words in slot.choices.items() for word in (value, *words)}
    named = [match.group().casefold() for match in _any_of(_words(slot, shortest)).finditer(text)]
    return meant.get(named[-1]) if named else None


def _words(slot: SlotDef, shortest: int) -> tuple[str, ...]:
    """All words for the choices of a slot, as long as that or longer."""
    return tuple(word for value, words in slot.choices.items() for word in (value, *words) if len(word) >= shortest)


@lru_cache(maxsize=256)  # a slot has two of these; compiling one takes longer than the rest of a turn
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first)) or '(?!)'})(?!\w)", re.IGNORECASE)


def _find_name(text: str, slot: SlotDef) -> str | None:
    for match in _SAYS_NAME.finditer(text):
        candidate = _NAME_ENDS.sub("", re.sub(r"\.\s.*", "", match["name"])).strip(" .")
        try:
            return _valid_name(candidate, slot)
        except Refused:
            continue
    return None


def _without(text: str, *patterns: re.Pattern[str]) -> str:
    for pattern in patterns:
        text = pattern.sub(" ", text)
    return text


def _answer(text: str, slot: SlotDef, form: FormDef) -> str:
    """The part of a message that answers the slot asked for, without its polite beginning."""
    if slot.type == "email":
        spoken = _SPOKEN_EMAIL.match(_LEAD_IN.sub("", text, count=1))
        return f"{spoken['who']}@{spoken['where']}".replace(" dot ", ".") if spoken else text
    rest = _without(text, _EMAIL)
    if slot.type == "name":
        for other in form.slots:
            rest = _without(rest, _any_of(_words(other, _SHORTEST_ALONE)))
        rest = _NAME_ENDS.sub("", _LEAD_IN.sub("", rest, count=1))
        return re.sub(r"^\W+|[^\w.]+$", "", rest).strip(".")
    return rest.strip(" ,;") if slot.type in ("choice", "text") else rest


def _speaks_for_itself(text: str, slot: SlotDef, *, asked: bool) -> str | None:
    """The piece of a message that can only be this slot, or None."""
    if slot.type == "email":
        found = _EMAIL.findall(text)
        return str(found[-1]).strip(".!?") if found else None
    if slot.type == "phone":
        match = _PHONE.search(_without(text, _EMAIL))
        return match.group() if match else None
    if slot.type == "choice":
        return _find_choice(_without(text, _EMAIL), slot, shortest=1 if asked else _SHORTEST_ALONE)
    if slot.type == "name":
        return _find_name(_without(text, _EMAIL), slot)
    return None


def read(form: FormDef, text: str, asking: str | None, have: Facts) -> Reading:
    """What a message fills in, corrects, or fails to.

    Args:
        asking: the slot that was asked for, which takes what no other slot claims; None when nothing was asked.
        have: the slots filled so far.
    """
    text = text[:MAX_READ_CHARS]
    filled: dict[str, str] = {}
    refused: dict[str, str] = {}
    explicit = False
    for slot in form.slots:
        piece = _speaks_for_itself(text, slot, asked=slot.name == asking)
        if piece is None:
            continue
        explicit = True
        try:
            filled[slot.name] = validate(slot, piece)
        except Refused as why:
            refused[slot.name] = str(why)
    asked = next((slot for slot in form.slots if slot.name == asking), None)
    claimed_elsewhere = any(have.get(name) for name in filled)  # a correction answers nothing else
    taken = None
    if asked and asked.name not in filled and asked.name not in refused and not claimed_elsewhere:
        try:
            filled[asked.name] = validate(asked, _answer(text, asked, form))
            taken = asked.name
        except Refused as why:
            if not explicit:  # what speaks of another slot was no answer to this one
                refused[asked.name] = str(why)
    new = {name: value for name, value in filled.items() if have.get(name) != value}
    return Reading(filled=new, refused=refused, explicit=explicit, taken=taken)


def without_taken(reading: Reading) -> Reading:
    """The reading without what was taken as the answer: only what spoke for itself."""
    filled = {name: value for name, value in reading.filled.items() if name != reading.taken}
    return Reading(filled=filled, explicit=reading.explicit)


def missing(form: FormDef, values: Facts) -> SlotDef | None:
    """The first slot without a value, or None when the form is complete."""
    return next((slot for slot in form.slots if not values.get(slot.name)), None)
