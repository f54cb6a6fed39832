"""Slots: which values they accept, and how a value is kept."""

import re
import unicodedata
from collections.abc import Callable

from pydantic import validate_email
from pydantic_core import PydanticCustomError

from antiphon.core.pack import SlotDef

MAX_VALUE_CHARS = 200
MAX_NAME_WORDS = 6  # "María de los Ángeles García López"

_WITHIN_A_NAME = frozenset(".'’-·")  # besides letters: "O'Brien", "Jean-Luc", "J.R.R."
NOT_VALUES = frozenset(  # what people say instead of answering; no name, and no choice of one's own
    "yes yeah yep yup no nope nah ok okay k sure fine thanks thank you thx ty please pls hi hello hey what why "
    "who when  where how which huh pardon sorry maybe perhaps later never mind nothing none nobody skip stop "
    "cancel quit idk dunno  the a an my me i im it is not so well good great cool nice right correct wrong same "
    "this that these those email  e-mail mail name address platform channel plan free trial wait test do does can "
    "could would ready bye goodbye done  let's let us see think go hold on one sec second moment minute just "
    "again already hmm hm mm mhm um umm uh uhm er erm  ah oh lol haha tired busy bored lost confused stuck "
    "curious interested back here new unsure annoyed happy".split()
)


class Refused(Exception):
    """A value that cannot be accepted. The message is shown to the person."""


def validate(slot: SlotDef, text: str) -> str:
    """The value as it is kept; given once more, it stays as it is.

    Raises:
        Refused: when it cannot be accepted; the message says why.
    """
    return _VALIDATORS[slot.type](text.strip(), slot)


def bare(word: str) -> str:
    """A word as it stands in a list of words: small, and without what surrounds it."""
    return word.lower().replace("’", "'").strip(".,;:!?…'\"()")


def says_nothing(text: str) -> bool:
    """Whether a text holds no word that could be a value."""
    return all(bare(word) in NOT_VALUES or not bare(word) for word in text.split())


def named_choice(text: str, slot: SlotDef) -> str | None:
    """The choice that a text is a word for, or None."""
    wanted = text.strip(" .!?").casefold()
    words = ((value, word) for value, others in slot.choices.items() for word in (value, *others))
    return next((value for value, word in words if word.casefold() == wanted), None)


def _valid_name(text: str, _: SlotDef) -> str:
    words = text[: MAX_VALUE_CHARS + 1].split()
    if not words or len(words) > MAX_NAME_WORDS or len(text) > MAX_VALUE_CHARS:
        raise Refused("that does not look like a name")
    if not all(map(_is_name_word, words)) or says_nothing(text):
        raise Refused("that does not look like a name")
    return " ".join(words)


def _is_name_word(word: str) -> bool:
    # Categories rather than \w: प्रिया holds combining marks, which are no letters but belong to one.
    return word[0].isalpha() and all(unicodedata.category(char)[0] in "LM" or char in _WITHIN_A_NAME for char in word)


def _valid_email(text: str, _: SlotDef) -> str:
    if len(text) > MAX_VALUE_CHARS:
        raise Refused("that does not look like an e-mail address")
    try:
        return validate_email(text)[1]
    except PydanticCustomError as error:
        raise Refused("that does not look like an e-mail address") from error


def _valid_phone(text: str, _: SlotDef) -> str:
    digits = re.sub(r"[\s()./-]", "", text[:MAX_VALUE_CHARS])
    if not re.fullmatch(r"\+?[0-9]{6,15}", digits):
        raise Refused("that does not look like a phone number")
    return digits


def _valid_choice(text: str, slot: SlotDef) -> str:
    if found := named_choice(text, slot):
        return found
    if not slot.other:
        raise Refused(f"please choose one of {', '.join(slot.choices)}")
    if says_nothing(text) or not re.search(r"\w", text):
        raise Refused(f"please say which one, for example {', '.join(list(slot.choices)[:3])}")
    return _valid_text(text, slot)


def _valid_text(text: str, _: SlotDef) -> str:
    value = " ".join(text[: 2 * MAX_VALUE_CHARS].split())
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
