"""Mentions: values that speak for themselves, wherever in a message they stand.

Messages come tidied (single spaces), and every pattern here takes time in proportion to their length.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from antiphon.core.pack import FormDef, SlotDef
from antiphon.core.slots import NOT_VALUES, Refused, bare, validate

_BETWEEN_ADDRESSES = re.compile(r"[\s,;:<>()\[\]\"“”]+")
_AROUND_ADDRESSES = "'’.!?…*`"  # an apostrophe may stand within one, o'brien@example.com
_SPELT = re.compile(r"[\[({]\s?(at|dot|@)\s?[\])}]|(@)", re.IGNORECASE)
_PHONE = re.compile(r"\+?\d[\d\s()./-]{5,20}\d")

SHORTEST_ALONE = 3  # letters; "ig" or "X" names a choice only in answer to the question, or between commas
_PARTS = re.compile(r"[,;/|\n]+")
_REJECTED = re.compile(
    r"(?:\bnot|n['’]t|\binstead of|\brather than|\bno longer)(?: (?:on|for|my|the|use|from))* ?$", re.IGNORECASE
)
_REJECTED_WITHIN = 40  # characters before a value in which it may be rejected

_SAYS_NAME = re.compile(  # looks ahead, so that "call me what you like, but my name is Jo" says two names
    r"(?:\b(?:my|the) (?:full |first |real )?n(?:am|ma)e|(?:^|(?<=[,.;!:\n])) ?name)"  # but not "my wife's name"
    r"(?:['’]?s| is| should be|:| =)(?: actually| spelled| just)?\s(?=(?P<name>[^\W\d_][^,;!?@\n\d]{0,80}))"
    r"|\b(?:calls? me|change (?:my|the) name to|me llamo|mi nombre es|je m['’]appelle|mein name ist|ich hei(?:ß|ss)e"
    r"|mi chiamo|меня зовут)\s(?=(?P<called>[^\W\d_][^,;!?@\n\d]{0,80}))",
    re.IGNORECASE,
)
_IS_NAMED = re.compile(  # "I'm Tired" is rare, "I'm tired" is not
    r"\b(?i:i['’]?m|i am|this is|it['’]?s|it is|should be|i meant) (?=(?P<name>[^\W\d_a-z][^,;!?@\n\d]{0,80}))"
    r"|(?:^|[,.!] )(?=(?P<here>[^\W\d_a-z][^\W\d_]{0,40}) here\b)"  # "hi, Tomasz here"
)
_CORRECTS = re.compile(
    r"\W*(?:(?:and|but|oh|ah|uh|hey|please)\W+)*"
    r"(?:no|nope|not|sorry|oops|ups|whoops|actually|wait|correction|typo|i meant|rather)\b",
    re.IGNORECASE,
)
_NAME_ENDS = re.compile(  # "An" and "My" are names too, so some words end a name only where they cannot be part of it
    r"^(?:an?|the|my|i) (?-i:[a-z])|[,;/|!?\n]|\. | - |\b(?:my|i)\b(?=['’ ]\w)|"
    r"\b(?:and|but|with|from|of|e-?mail|not|here|please|on|at|by|is|it|you|who|for|looking|interested|trying|"
    r"ready|signing|thinking|instead|actually)\b",
    re.IGNORECASE,
)
_CODE = re.compile(r"[{}<>$%=\\^]")  # what stands in such signs is no name in them
_TITLES = frozenset("dr mr mrs ms mx prof st sr sra jr fr rev".split())  # their full stop ends no sentence
_DOUBTS = re.compile(
    r"\b(?:wrong|incorrect|typo|mistake|mistyped|misspel\w*|not right|"
    r"chang(?:e|ing)|correct|fix|update|edit|redo|different|another)\b",
    re.IGNORECASE,
)
_OWN_WORDS = {"name": ("name",), "email": ("email", "e-mail", "mail", "address"), "phone": ("phone", "number")}


def tidy(text: str) -> str:
    """Text with single spaces and without empty lines."""
    return "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)


def mentioned(text: str, slot: SlotDef, form: FormDef, *, asked: bool, loosely: bool) -> str | None:
    """The piece of a message that can only be this slot, or None.

    Args:
        asked: the slot was asked for, so that less is needed to name it.
        loosely: "I'm ..." may name a person; while something else is asked for, it may say anything.
    """
    match slot.type:
        case "email":
            return email(text)
        case "phone":
            found = _PHONE.search(without_emails(text))
            return found.group() if found else None
        case "choice":
            return choice(without_emails(text), slot, asked=asked)
        case "name":
            return _name(without_emails(text), slot, form, loosely=loosely or _CORRECTS.match(text) is not None)
        case _:
            return None


def doubted(text: str, form: FormDef, filled: Iterable[str]) -> str | None:
    """The filled slot that a message calls wrong without giving another value, or None."""
    if not _DOUBTS.search(text):
        return None
    held = set(filled)
    named = [slot.name for slot in form.slots if slot.name in held and any_of(_own_words(slot)).search(text)]
    return named[0] if len(named) == 1 else None


def _own_words(slot: SlotDef) -> tuple[str, ...]:
    return (*_OWN_WORDS.get(slot.type, ()), slot.name.replace("_", " "))


# E-mail addresses


def email(text: str) -> str | None:
    """The address that a message gives last, well formed or not; "use a@x.example, not b@x.example" gives the first."""
    found = [word for word in addresses(text) if not _is_rejected(text, text.find(word))] or addresses(text)
    return found[-1] if found else None


def without_emails(text: str) -> str:
    """A message without its addresses."""
    for word in addresses(text):
        text = text.replace(word, " ")
    return text


def addresses(text: str) -> list[str]:
    """The words of a message that are e-mail addresses, well formed or not, in their order."""
    if "@" not in text:
        return []
    words = (word.strip(_AROUND_ADDRESSES) for word in _BETWEEN_ADDRESSES.split(text))
    return [word for word in words if "@" in word and not word.startswith(("@", "//", "www.")) and "/@" not in word]


def spelt_email(text: str) -> str | None:
    """ "john at example dot com" as an address, when the text is nothing else."""
    words = [word.strip(",;!?<>\"'") for word in _SPELT.sub(r" \1\2 ", text).replace("@", "at").split()]
    small = [word.lower() for word in words]
    if "at" not in small:
        return None
    at = small.index("at")
    who, where = _dotted(words[:at]), _dotted(words[at + 1 :])
    return f"{who}@{where}" if who and where and "." in where else None


def _dotted(words: list[str]) -> str | None:
    """Words with a "dot" between each two, as one; None when they are something else."""
    if len(words) % 2 == 0 or any(word.lower() != "dot" for word in words[1::2]):
        return None
    return ".".join(words[::2]).strip(".")


# Choices


def choice(text: str, slot: SlotDef, *, asked: bool = False) -> str | None:
    """The choice that a message names last, but for those that it rejects: "YouTube, not TikTok" is YouTube."""
    pattern = any_of(words_for(slot, 1 if asked else SHORTEST_ALONE))
    meant = {word.casefold(): value for value, words in slot.choices.items() for word in (value, *words)}
    named = [
        (_is_rejected(text, found.start()), meant.get(found.group().casefold())) for found in pattern.finditer(text)
    ]
    wanted = [value for rejected, value in named if not rejected]
    if not wanted and not named:
        return _short_choice(text, slot)
    return wanted[-1] if wanted else None


def _short_choice(text: str, slot: SlotDef) -> str | None:
    """A choice with a short word, where that stands for itself among other values: "yt, jo@example.com"."""
    parts = _PARTS.split(text)
    if len(parts) == 1:
        return None
    short = {word.casefold(): value for value, words in slot.choices.items() for word in (value, *words)}
    return next((short[part] for part in (bare(part.strip()) for part in reversed(parts)) if part in short), None)


def words_for(slot: SlotDef, shortest: int) -> tuple[str, ...]:
    """All words for the choices of a slot, as long as that or longer."""
    return tuple(word for value, words in slot.choices.items() for word in (value, *words) if len(word) >= shortest)


@lru_cache(maxsize=256)  # a slot has two of these; compiling one takes longer than the rest of a turn
def any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """Where one of these words stands as a word of its own, whatever its case."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first)) or '(?!)'})(?!\w)", re.IGNORECASE)


def _is_rejected(text: str, start: int) -> bool:
    return _REJECTED.search(text[max(0, start - _REJECTED_WITHIN) : start]) is not None


# Names


def without_choices(text: str, form: FormDef) -> str:
    """A message without what names a choice of any slot."""
    for slot in form.slots:
        if slot.choices:
            short = {word.casefold() for word in words_for(slot, 1)}
            parts = _PARTS.split(text)
            text = ", ".join(part for part in parts if len(parts) == 1 or bare(part.strip()) not in short)
            text = any_of(words_for(slot, SHORTEST_ALONE)).sub(" ", text)
    return text


def name_in(text: str) -> str:
    """The beginning of a text that may be a name: up to where a sentence goes on, without what adorns it."""
    part = text[: _name_end(text)]
    if _CODE.search(part):
        return part
    first = next((place for place, char in enumerate(part) if _is_letter(char)), len(part))
    last = next((place for place in range(len(part) - 1, -1, -1) if _is_letter(part[place])), -1) + 1
    name = part[first:last]
    return f"{name}." if part[last : last + 1] == "." and _is_shortened(name) else name


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM"


def _is_shortened(name: str) -> bool:
    """Whether a full stop behind it belongs to a name: "King Jr." and "Tolkien J."."""
    last = name.rpartition(" ")[2].rpartition(".")[2]
    return " " in name and (last.lower() in _TITLES or len(last) == 1)


def _name_end(text: str) -> int:
    for found in _NAME_ENDS.finditer(text):
        if found.group() != ". " or not _is_shortened(f" {text[: found.start()]}"):
            return found.start()
    return len(text)


def _name(text: str, slot: SlotDef, form: FormDef, *, loosely: bool) -> str | None:
    strictly = (found["name"] or found["called"] for found in _SAYS_NAME.finditer(text))
    weakly = (
        (found["name"] or found["here"] for found in _IS_NAMED.finditer(without_choices(text, form))) if loosely else ()
    )
    names = [*(name for name in map(name_in, weakly) if not _begins_otherwise(name)), *map(name_in, strictly)]
    return next((name for name in reversed(names) if _is_valid(name, slot)), None)  # whoever says it twice corrects


def _begins_otherwise(name: str) -> bool:
    return bare(name.partition(" ")[0]) in NOT_VALUES  # "I'm Not sure", "It's Just me"


def _is_valid(name: str, slot: SlotDef) -> bool:
    try:
        validate(slot, name)
    except Refused:
        return False
    return True
