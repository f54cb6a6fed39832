"""Deciding: which rule wins, who works, and what is read on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.core.change import Change
from antiphon.core.conversation import Conversation, FormProgress
from antiphon.core.decide import RULES, Decision, allowed_intents, decide
from antiphon.core.intent import Understanding
from tests.core.forms import PACK

CLEAR = 1.3  # a score of scope far above the threshold: nearly an example
FAINT = 0.7  # one barely above it
STRANGE = 0.4


def understood(intent: str, share: float, scope: float = CLEAR, then: str = "keep_going") -> Understanding:
    rest = (then, round((1 - share) * 0.9, 4))
    return Understanding(
        intent=intent,
        confidence=share,
        in_scope=scope >= 0.6,
        scope_score=scope,
        threshold=0.6,
        ranked=((intent, share), rest),
    )


def filling(asking: str, **collected: str) -> Conversation:
    return Conversation(form=FormProgress(form="lead", asking=asking), collected=collected)


def decided(conversation: Conversation, text: str, understanding: Understanding | None) -> Decision:
    return decide(PACK, conversation, Change(kind="message", value=text), understanding)


NOTHING_OPEN = Conversation()
NAME, EMAIL, PLATFORM = (
    filling("name"),
    filling("email", name="Jo"),
    filling("platform", name="Jo", email="jo@j.example"),
)

CASES = [
    # nothing is open
    (NOTHING_OPEN, "hi", understood("greeting", 0.9), "follows_intent", "greeting", ("welcome",)),
    (NOTHING_OPEN, "bye", understood("goodbye", 0.9), "follows_intent", "greeting", ("farewell",)),
    (NOTHING_OPEN, "sign me up", understood("buy", 0.9), "follows_intent", "buy", ("signup",)),
    (NOTHING_OPEN, "the weather", understood("greeting", 0.5, STRANGE), "falls_back", "question", ("expert",)),
    (
        NOTHING_OPEN,
        "I'm Jo, jo@j.example",
        understood("question", 0.6, then="buy"),
        "gives_details",
        "buy",
        ("signup",),
    ),
    (NOTHING_OPEN, "I'm Jo", understood("question", 0.6, then="buy"), "follows_intent", "question", ("expert",)),
    (
        NOTHING_OPEN,
        "I'm Jo, jo@j.example?",
        understood("question", 0.6, then="buy"),
        "follows_intent",
        "question",
        ("expert",),
    ),
    # leaving
    (NAME, "never mind", understood("leave", 0.95), "leaves_form", "lead_collection", ("signup",)),
    (EMAIL, "I'd rather stop", understood("leave", 0.75), "leaves_form", "lead_collection", ("signup",)),
    (EMAIL, "stop", understood("leave", 0.6), "answers_form", "lead_collection", ("signup",)),
    (PLATFORM, "Kick", understood("leave", 0.75, FAINT), "answers_form", "lead_collection", ("signup",)),
    (NAME, "no, I'm Jo, jo@j.example", understood("leave", 0.95), "answers_form", "lead_collection", ("signup",)),
    # asking something in the middle
    (NAME, "what does it cost?", understood("question", 0.9), "asks_during_form", "question", ("expert", "signup")),
    (
        NAME,
        "what time is it?",
        understood("greeting", 0.4, STRANGE),
        "asks_during_form",
        "question",
        ("expert", "signup"),
    ),
    (NAME, "price", understood("question", 0.95), "asks_during_form", "question", ("expert", "signup")),
    (NAME, "hi", understood("greeting", 0.95), "asks_during_form", "greeting", ("welcome", "signup")),
    (NAME, "bye", understood("goodbye", 0.95), "asks_during_form", "greeting", ("farewell",)),
    (NAME, "what?", understood("keep_going", 0.95), "answers_form", "lead_collection", ("signup",)),
    (PLATFORM, "YouTube?", understood("question", 0.95), "answers_form", "lead_collection", ("signup",)),
    (PLATFORM, "can I change my email?", understood("question", 0.95), "answers_form", "lead_collection", ("signup",)),
    # answering
    (NAME, "Jo", understood("greeting", 0.5, STRANGE), "answers_form", "lead_collection", ("signup",)),
    (NAME, "Mark Price", understood("question", 0.99), "answers_form", "lead_collection", ("signup",)),
    (NAME, "Refund Policy", understood("question", 0.99), "asks_during_form", "question", ("expert", "signup")),
    (EMAIL, "jo at j dot example", understood("question", 0.95), "answers_form", "lead_collection", ("signup",)),
]


@pytest.mark.parametrize(("conversation", "text", "understanding", "rule", "intent", "route"), CASES)
def test_who_works_on_a_message(
    conversation: Conversation, text: str, understanding: Understanding, rule: str, intent: str, route: tuple[str, ...]
) -> None:
    decision = decided(conversation, text, understanding)
    assert (decision.rule, decision.intent, decision.route) == (rule, intent, route)
    assert decision.leaves == (rule == "leaves_form")


@pytest.mark.parametrize(
    ("conversation", "text", "understanding", "filled", "refused"),
    [
        (NAME, "sign me up", understood("buy", 0.95), {}, []),  # wants what is going on already
        (EMAIL, "give me a second", understood("keep_going", 0.6), {}, []),  # no failed answer
        (EMAIL, "jo", understood("greeting", 0.5, STRANGE), {}, ["email"]),
        (NAME, "I'm Jo, what does it cost?", understood("question", 0.9), {"name": "Jo"}, []),
        (PLATFORM, "does it work with YouTube?", understood("question", 0.9), {}, []),  # chooses nothing
        (PLATFORM, "hi", understood("greeting", 0.95), {}, []),  # nobody creates for "hi"
    ],
)
def test_what_is_read_on_the_way(
    conversation: Conversation, text: str, understanding: Understanding, filled: dict[str, str], refused: list[str]
) -> None:
    reading = decided(conversation, text, understanding).reading
    assert reading is not None
    assert (dict(reading.filled), sorted(reading.refused)) == (filled, refused)


def test_hesitation_between_two_words_for_it_is_no_failed_answer() -> None:
    torn = understood("leave", 0.5, then="buy")
    reading = decided(EMAIL, "I'll do this tomorrow", torn).reading
    assert reading is not None
    assert not reading.refused


def test_a_form_handed_in_is_checked_whole() -> None:
    change = Change(kind="form", value="lead", data={"name": "Jo", "email": "jo@"})
    decision = decide(PACK, NOTHING_OPEN, change, None)
    assert (decision.rule, decision.route) == ("form_submitted", ("signup",))
    assert decision.reading
    assert sorted(decision.reading.refused) == ["email", "platform"]


def test_a_change_without_words_falls_back() -> None:
    decision = decide(PACK, EMAIL, Change(kind="timeout", value="check"), None)
    assert (decision.rule, decision.confidence) == ("falls_back", 0.0)


def test_a_decision_says_what_it_looked_at() -> None:
    decision = decided(EMAIL, "jo@j.example", understood("greeting", 0.5, STRANGE))
    assert decision.considered == ("form_submitted", "leaves_form", "asks_during_form")
    assert decision.why == {
        "form": "lead",
        "ranked": [["greeting", 0.5], ["keep_going", 0.45]],
        "scope": [0.4, 0.6],
    }


def test_intents_of_a_form_count_while_it_is_open() -> None:
    assert allowed_intents(PACK, NOTHING_OPEN) == {"greeting", "goodbye", "question", "buy"}
    assert allowed_intents(PACK, NAME) == {intent.name for intent in PACK.intents}


@given(
    st.sampled_from([NOTHING_OPEN, NAME, EMAIL, PLATFORM]),
    st.text(max_size=60) | st.sampled_from([case[1] for case in CASES]),
    st.sampled_from([intent.name for intent in PACK.intents]),
    st.floats(0, 1),
    st.floats(0, 1.5),
)
def test_every_message_has_one_decision(
    conversation: Conversation, text: str, intent: str, share: float, scope: float
) -> None:
    decision = decided(conversation, text, understood(intent, share, scope))
    assert decision == decided(conversation, text, understood(intent, share, scope))
    assert decision.route
    assert set(decision.route) <= set(PACK.specialists)
    assert decision.intent in {"greeting", "question", "buy", "lead_collection"} | {"leave"}
    assert [rule.__name__ for rule in RULES][: len(decision.considered)] == list(decision.considered)
