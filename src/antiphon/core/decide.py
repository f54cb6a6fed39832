"""Which specialist works on a change, and why. Rules in order; the first that applies wins.

Pure: the same conversation, change and understanding under the same pack give the same decision.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from antiphon.core import form as forms
from antiphon.core.change import Change
from antiphon.core.conversation import Conversation
from antiphon.core.form import Reading
from antiphon.core.intent import Understanding
from antiphon.core.names import Facts
from antiphon.core.pack import FillFormDef, FormDef, PackDef, SayDef
from antiphon.core.question import is_question

POSSIBLE = 0.2  # probability from which a wish is believed of whoever gives what its form asks for
DETAILS = 2  # slots that a message fills by itself; one may be mentioned for any reason
LIKELY = 0.5  # probability from which words that are no value are talk about the form, and no failed answer
SURE = 0.7  # probability from which somebody leaves a form, and what it held is forgotten
CERTAIN = 0.9  # probability from which words without a question mark are a wish, rather than an answer to a form
CLEARLY = 0.3  # beyond the threshold of scope: cosine to the nearest example and probability, both high
NAME_WORDS = 4  # so few words, each with a capital, may be a name whatever else they are near
BARE_WORDS = 2  # so few words with a question mark may be an answer: "YouTube?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The specialists that work on a change, in order, and the rule that chose them."""

    rule: str
    intent: str  # as callers see it
    confidence: float
    route: tuple[str, ...]
    reading: Reading | None = None  # what the message says about the form that is open or opened
    leaves: bool = False  # the open form is left
    considered: tuple[str, ...] = ()  # rules that were looked at before the winner and did not apply
    why: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What a rule looks at."""

    pack: PackDef
    conversation: Conversation
    change: Change
    understanding: Understanding | None  # None for a change without words
    reading: Reading  # what the message says about the form that is open

    @property
    def form(self) -> FormDef | None:
        """The form that is open, if any."""
        progress = self.conversation.form
        return self.pack.forms.get(progress.form) if progress else None

    @property
    def form_specialist(self) -> str:
        """Who fills the form that is open; rules ask only while one is."""
        progress = self.conversation.form
        return self.pack.specialist_for_form(progress.form) if progress else self.pack.fallback


Rule = Callable[[Case], Decision | None]


def form_submitted(case: Case) -> Decision | None:
    """A whole form was handed in; its name is the change's value."""
    if case.change.kind != "form":
        return None
    form = case.pack.forms[case.change.value]
    return Decision(
        rule="form_submitted",
        intent=form.intent,
        confidence=1.0,
        route=(case.pack.specialist_for_form(case.change.value),),
        reading=forms.check(form, case.change.data),
    )


def leaves_form(case: Case) -> Decision | None:
    """A form is open and the person wants out of it."""
    understood = case.understanding
    if not (case.form and case.form.leave_on and understood):
        return None
    if understood.intent != case.form.leave_on or not understood.in_scope or understood.confidence < SURE:
        return None
    reading = case.reading
    if reading.explicit or (reading.taken and not _certain_wish(understood)):
        return None  # "Kick" is a platform, however near it is to "quit"
    return Decision(
        rule="leaves_form",
        intent=case.form.intent,
        confidence=understood.confidence,
        route=(case.form_specialist,),
        leaves=True,
    )


def _interrupts(case: Case) -> str | None:
    """The specialist of a question or another wish in the middle of a form, or None."""
    understood = case.understanding
    if understood is None or case.form is None:
        return None
    wish = case.pack.intent(understood.intent)
    asks = is_question(case.change.value)
    if not (asks or _certain_wish(understood)) or wish is None:
        return None
    if wish.specialist == case.form_specialist and _certain_wish(understood):
        return None  # "what?", "can I sign up now?": about the form itself, which asks again
    if wish.specialist and understood.in_scope and wish.specialist != case.form_specialist:
        return wish.specialist
    return case.pack.fallback if asks else None


def _certain_wish(understood: Understanding) -> bool:
    """Whether a message says what an example says; a name may lie near one without meaning it."""
    clearly = understood.scope_score >= understood.threshold + CLEARLY
    return clearly and understood.confidence >= CERTAIN


def _answers_doubtfully(case: Case, reading: Reading) -> bool:
    """Whether a message is the value that was asked for, with a question mark behind it."""
    text, progress = case.change.value, case.conversation.form
    bare = len(text.split()) <= BARE_WORDS and not is_question(text.replace("?", ""))
    return bare and reading.explicit and progress is not None and progress.asking in reading.filled


def asks_during_form(case: Case) -> Decision | None:
    """A form is open and the message asks for something else; the form goes on after the answer."""
    understood = case.understanding
    if case.form is None or understood is None:
        return None
    other = _interrupts(case)
    reading = case.reading
    if other is None or reading.doubted or _answers_doubtfully(case, reading) or _is_unheard_name(case, reading):
        return None
    if not is_question(case.change.value):
        if reading.explicit:
            return None
        reading = Reading()
    else:
        reading = _certain(case.form, reading)
    return Decision(
        rule="asks_during_form",
        intent=_reported(case.pack, understood),
        confidence=understood.confidence,
        route=(other,) if _is_last_word(case.pack, other) else (other, case.form_specialist),
        reading=reading,
    )


def _is_last_word(pack: PackDef, specialist: str) -> bool:
    said = pack.specialists[specialist]
    return isinstance(said, SayDef) and said.last


def _is_unheard_name(case: Case, reading: Reading) -> bool:
    """Whether a message is a name that only sounds like a wish: "Mark Price", but not "Refund Policy"."""
    slot = next((slot for slot in case.form.slots if slot.name == reading.taken), None) if case.form else None
    words = str(reading.filled.get(slot.name, "")).split() if slot and slot.type == "name" else []
    if is_question(case.change.value) or not 1 < len(words) <= NAME_WORDS or not all(map(str.istitle, words)):
        return False
    examples = " ".join(example for intent in case.pack.intents for example in intent.examples)
    return words[0].lower() not in examples.lower().split()


def _certain(form: FormDef, reading: Reading) -> Reading:
    """What a question fills in for sure: "do you support YouTube?" chooses nothing, "I'm Jo, how ...?" names."""
    certain = {slot.name for slot in form.slots if slot.type in ("email", "phone", "name")}
    said = forms.without_taken(reading).filled
    return Reading(filled={name: value for name, value in said.items() if name in certain})


def answers_form(case: Case) -> Decision | None:
    """A form is open; the message is an answer to it, a correction, or something to ask again about."""
    if case.form is None or case.change.kind != "message":
        return None
    reading = case.reading
    if _talks_about_form(case, CERTAIN):
        reading = forms.without_taken(reading)  # "sign me up" wants what is going on already, and is nobody's name
    elif _talks_about_form(case, LIKELY) and not reading.explicit:
        reading = replace(reading, refused={})  # "give me a second" is no mistaken e-mail address
    return Decision(
        rule="answers_form",
        intent=case.form.intent,
        confidence=1.0,
        route=(case.form_specialist,),
        reading=reading,
    )


def _talks_about_form(case: Case, least: float) -> bool:
    """Whether a message is about filling the form, or about leaving it, rather than an answer to it."""
    understood = case.understanding
    if understood is None or not understood.in_scope or (least >= CERTAIN and not _certain_wish(understood)):
        return False
    return sum(share for intent, share in understood.ranked if _is_about_form(case, intent)) >= least


def _is_about_form(case: Case, intent: str) -> bool:
    wish = case.pack.intent(intent)
    works = wish is not None and wish.specialist == case.form_specialist
    return works or (case.form is not None and intent == case.form.leave_on)


def gives_details(case: Case) -> Decision | None:
    """Nothing is open, but the message gives what a form asks for: so it is likelier meant than it seems."""
    if case.understanding is None or case.form is not None or is_question(case.change.value):
        return None
    for intent, share in case.understanding.ranked:
        wish = case.pack.intent(intent)
        specialist = case.pack.specialists[wish.specialist] if wish and wish.specialist and not wish.during else None
        if wish is None or share < POSSIBLE or not isinstance(specialist, FillFormDef):
            continue
        reading = forms.read(case.pack.forms[specialist.form], case.change.value, None, {})
        if len(reading.filled) >= DETAILS:
            return Decision(
                rule="gives_details",
                intent=case.pack.reported(intent),
                confidence=share,
                route=(wish.specialist or case.pack.fallback,),
                reading=reading,
            )
    return None


def follows_intent(case: Case) -> Decision | None:
    """The intent that was recognised has a specialist."""
    understood = case.understanding
    if understood is None or not understood.in_scope:
        return None
    wish = case.pack.intent(understood.intent)
    if wish is None or wish.specialist is None or wish.during:
        return None
    specialist = case.pack.specialists[wish.specialist]
    opens = case.pack.forms[specialist.form] if specialist.kind == "form" else None
    return Decision(
        rule="follows_intent",
        intent=case.pack.reported(wish.name),
        confidence=understood.confidence,
        route=(wish.specialist,),
        reading=_opening(opens, case.change.value) if opens else None,
    )


def falls_back(case: Case) -> Decision:
    """Nothing else applied: the pack's fallback."""
    understood = case.understanding
    return Decision(
        rule="falls_back",
        intent=case.pack.fallback_intent,
        confidence=understood.confidence if understood else 0.0,
        route=(case.pack.fallback,),
    )


def _reported(pack: PackDef, understood: Understanding) -> str:
    return pack.reported(understood.intent) if understood.in_scope else pack.fallback_intent


RULES: tuple[Rule, ...] = (
    form_submitted,
    leaves_form,
    asks_during_form,
    answers_form,
    gives_details,
    follows_intent,
    falls_back,
)


def decide(pack: PackDef, conversation: Conversation, change: Change, understanding: Understanding | None) -> Decision:
    """The first rule that applies, with what was considered before it and what it looked at."""
    case = Case(
        pack=pack,
        conversation=conversation,
        change=change,
        understanding=understanding,
        reading=_reading(pack, conversation, change),
    )
    considered: list[str] = []
    for rule in RULES:
        decision = rule(case)
        if decision is not None:
            return _explained(decision, tuple(considered), case)
        considered.append(rule.__name__)
    raise AssertionError("falls_back always applies")


def _opening(form: FormDef, text: str) -> Reading:
    """What somebody who wants to fill a form has said already."""
    reading = forms.read(form, text, None, {})
    return Reading() if forms.only_in_passing(form, reading) else reading


def _reading(pack: PackDef, conversation: Conversation, change: Change) -> Reading:
    progress = conversation.form
    if progress is None or progress.form not in pack.forms:
        return Reading()
    form = pack.forms[progress.form]
    slot = next((slot for slot in form.slots if slot.name == progress.asking), None)
    offered = forms.suggestion(slot, conversation.recent) if slot else None
    return forms.read(form, change.value, progress.asking, conversation.collected, suggested=offered)


def _explained(decision: Decision, considered: tuple[str, ...], case: Case) -> Decision:
    understood = case.understanding
    why: dict[str, object] = {"form": case.conversation.form.form if case.conversation.form else None}
    if understood:
        why["ranked"] = [[intent, round(share, 4)] for intent, share in understood.ranked[:3]]
        why["scope"] = [round(understood.scope_score, 4), round(understood.threshold, 4)]
    return replace(decision, considered=considered, why=why)


def allowed_intents(pack: PackDef, conversation: Conversation) -> frozenset[str]:
    """The intents that count now: those of the open form only while it is open."""
    open_form = conversation.form.form if conversation.form else None
    return frozenset(intent.name for intent in pack.intents if intent.during in (None, open_form))
