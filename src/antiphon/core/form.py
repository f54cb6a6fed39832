"""Forms: what a message says about one.

People don't answer like forms. "it's John, john@example.com" fills two slots; "no, my e-mail is ..." corrects one.
`read` finds values that speak for themselves anywhere in a message, and takes the rest as the answer to the slot
that was asked for.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from antiphon.core import mentions
from antiphon.core.conversation import Utterance
from antiphon.core.names import Facts
from antiphon.core.pack import FormDef, SlotDef
from antiphon.core.slots import NOT_VALUES, Refused, bare, named_choice, validate

MAX_READ_CHARS = 2000  # of a message; nobody fills in a form further down
ANSWER_WORDS = 6  # a longer text is no choice of one's own, but talk about something else
NAME_WORDS = 2  # a longer text may be a sentence: only then are its words looked at
CLOSE_ENOUGH = 0.8  # share of letters that a mistyped choice has in common with one; "youtueb" has 0.86
SHORTEST_MISTYPED = 5  # letters; shorter words are near too many others


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a message says about a form."""

    filled: Facts = field(default_factory=dict)  # slot to accepted value, new or corrected
    refused: Facts = field(default_factory=dict)  # slot to the reason why its value was not accepted
    explicit: bool = False  # some value spoke for itself, rather than being taken as the answer
    taken: str | None = None  # the slot whose value was taken as the answer, because it had been asked for
    doubted: str | None = None  # a filled slot that is called wrong, without another value for it


_LEAD_IN = re.compile(
    r"^[^\w@{}<\[$+]*"
    r"(?:(?:yes|yeah|yep|yup|sure|ok|okay|no|nope|sorry|well|oh|actually|hi|hello|hey|and|so|please|thanks|great|"
    r"h+m+|um+|uh+|oops|wait|cool|fine|right|alright|probably|maybe)\b[\s,.!:;…-]*)*"
    r"(?:(?:it['’]?s|it is|i['’]?m|i am|that['’]?s|this is|here is|here['’]s|"
    r"(?:you can |please |just |everyone |they |friends )*calls? me|i go by|my(?: \w+){0,2} (?:is|would be)|"
    r"the n(?:am|ma)e(?:['’]?s| is)|my n(?:am|ma)e['’]?s|you can reach me(?: at| on)?|name(?: is)?|"
    r"e-?mail(?: address)?(?: is)?|(?:please )?use|mostly|mainly|just|change (?:it|that) to|make (?:it|that)|"
    r"i (?:meant|mean|use|post on|create for|publish on|stream on|upload to)|"
    r"me llamo|mi nombre es|je m['’]appelle|mein name ist|ich hei(?:ß|ss)e|mi chiamo|меня зовут)(?!\w)"
    r"(?: (?:me|on|to|for|just|actually)\b)*[\s,:=–-]*)?",
    re.IGNORECASE,
)
_YES = re.compile(
    r"(?:yes|yep|yeah|yup|sure|right|correct|exactly|ok(?:ay)?|si|sí|ja|oui)\b[\s,.!]*"
    r"(?:please|it is|that(?:'|’)?s (?:right|it|the one)|that one|thanks|indeed)?[\s.!]*$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:i (?:have|run|do) |for |on )?(?:an?|my|our|the) ", re.IGNORECASE)
_UNDECIDED = re.compile(
    r"\b(?:not sure|no idea|(?:don['’]?t|do not) (?:know|have)|all of|both|none|any|anything|"
    r"whatever|undecided|wrong)\b",
    re.IGNORECASE,
)
_SENTENCE_WORDS = frozenset(  # stand in sentences, and in nobody's name
    "name first last surname you your yours this that these those there have has had need want wants think thinks "
    "know would could should because about don't doesn't didn't isn't can't won't aren't i'm it's i've i'd what "
    "why how when where which already please tell give ignore forget very really too was were are am to if".split()
)
_PARTICLES = frozenset(
    "de la del della der den da das do dos di du van von zu al el bin ibn ben y e le les af av".split()
)


def check(form: FormDef, values: Facts) -> Reading:
    """A whole form handed in at once: every slot is needed, and no other."""
    filled: dict[str, str] = {}
    refused: dict[str, str] = {}
    for slot in form.slots:
        text = str(values.get(slot.name) or "")
        known = mentions.choice(mentions.tidy(text), slot, asked=True) if slot.choices else None
        try:
            filled[slot.name] = validate(slot, known or text)
        except Refused as why:
            refused[slot.name] = str(why)
    return Reading(filled=filled, refused=refused, explicit=True)


def read(form: FormDef, text: str, asking: str | None, have: Facts, *, suggested: str | None = None) -> Reading:
    """What a message fills in, corrects, or fails to.

    Args:
        asking: the slot that was asked for, which takes what no other slot claims; None when nothing was asked.
        have: the slots filled so far.
        suggested: a value that was offered with the question; a yes takes it.
    """
    text = mentions.tidy(text[:MAX_READ_CHARS])
    filled: dict[str, str] = {}
    refused: dict[str, str] = {}
    explicit = False
    for slot in form.slots:
        asked = slot.name == asking
        loosely = asked or asking is None or not have.get(slot.name)
        piece = mentions.mentioned(text, slot, form, asked=asked, loosely=loosely)
        if piece is None:
            continue
        explicit = True
        try:
            filled[slot.name] = validate(slot, piece)
        except Refused as why:
            refused[slot.name] = str(why)
    doubted = None if explicit else mentions.doubted(text, form, (name for name in have if have.get(name)))
    taken = None
    asked_for = next((slot for slot in form.slots if slot.name == asking), None)
    claimed_elsewhere = any(have.get(name) for name in filled)  # a correction answers nothing else
    if asked_for and not doubted and asked_for.name not in {*filled, *refused} and not claimed_elsewhere:
        try:
            offered = _accepted(text, suggested)
            filled[asked_for.name] = offered or _answer(text, asked_for, form)
            taken = None if offered else asked_for.name
            # A yes to what was offered, and "jo at example dot com", can mean nothing else.
            explicit = explicit or offered is not None or asked_for.type in ("email", "phone")
        except Refused as why:
            if not explicit:  # what speaks of another slot was no answer to this one
                refused[asked_for.name] = str(why)
    new = {name: value for name, value in filled.items() if have.get(name) != value}
    return Reading(filled=new, refused=refused, explicit=explicit, taken=taken, doubted=doubted)


def suggestion(slot: SlotDef, recent: Iterable[Utterance]) -> str | None:
    """The choice that somebody named in passing, "the Pro plan for my YouTube channel": to be offered, not taken."""
    if slot.type != "choice":
        return None
    named = (mentions.choice(said.text, slot) for said in recent if said.role == "user")
    return next((value for value in named if value), None)


def only_in_passing(form: FormDef, reading: Reading) -> bool:
    """Whether nothing but choices was named, as in a wish; a name or an address beside them answers the form."""
    choices = {slot.name for slot in form.slots if slot.type == "choice"}
    return bool(reading.filled) and set(reading.filled) <= choices and len(choices) < len(form.slots)


def without_taken(reading: Reading) -> Reading:
    """The reading without what was taken as the answer: only what spoke for itself."""
    filled = {name: value for name, value in reading.filled.items() if name != reading.taken}
    return Reading(filled=filled, explicit=reading.explicit, doubted=reading.doubted)


def missing(form: FormDef, values: Facts) -> SlotDef | None:
    """The first slot without a value, or None when the form is complete."""
    return next((slot for slot in form.slots if not values.get(slot.name)), None)


def _accepted(text: str, suggested: str | None) -> str | None:
    return suggested if suggested and _YES.match(text.strip()) else None


def _answer(text: str, slot: SlotDef, form: FormDef) -> str:
    """The accepted value in the part of a message that answers the slot asked for, without its polite beginning.

    Raises:
        Refused: there is none.
    """
    match slot.type:
        case "email":
            return validate(slot, mentions.spelt_email(_LEAD_IN.sub("", text, count=1)) or text)
        case "name":
            return validate(slot, _name_answer(text, form))
        case "choice":
            return _choice_answer(mentions.without_emails(text), slot)
        case _:
            return validate(slot, text)


def _name_answer(text: str, form: FormDef) -> str:
    rest = mentions.without_choices(mentions.without_emails(text), form).strip()
    rest = _LEAD_IN.sub("", rest, count=1)
    name = mentions.name_in(rest)
    if _is_sentence(name, goes_on=len(rest) - len(name) > 1):
        raise Refused("that does not look like a name")
    return name


def _is_sentence(name: str, *, goes_on: bool) -> bool:
    """Whether what might be a name is the beginning of a sentence: "Ignore previous instructions and ..."."""
    words = name.split()
    if len(words) <= NAME_WORDS:
        return False
    if any(bare(word) in _SENTENCE_WORDS for word in words):
        return True
    small = [word for word in words[1:] if word.islower() and bare(word) not in _PARTICLES]
    return goes_on and words[0].istitle() and bool(small)


def _choice_answer(text: str, slot: SlotDef) -> str:
    own = _ARTICLE.sub("", _LEAD_IN.sub("", text, count=1), count=1).strip(" .,;!?")
    if found := named_choice(own, slot) or _mistyped(own, slot):
        return found
    undecided = _UNDECIDED.search(text) or bare(own.partition(" ")[0]) in NOT_VALUES
    if slot.other and (undecided or len(own.split()) > ANSWER_WORDS):
        raise Refused(f"please say which one, for example {', '.join(list(slot.choices)[:3])}")
    return validate(slot, own)


def _mistyped(own: str, slot: SlotDef) -> str | None:
    """The choice that a single word means with a slip of the finger in it."""
    words = {word.casefold(): word for word in mentions.words_for(slot, SHORTEST_MISTYPED)}
    if len(own.split()) != 1 or not SHORTEST_MISTYPED <= len(own) <= max(map(len, words), default=0) + 1:
        return None
    near = difflib.get_close_matches(own.casefold(), words, n=1, cutoff=CLOSE_ENOUGH)
    return named_choice(words[near[0]], slot) if near else None
