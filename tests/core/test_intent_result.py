"""What callers of Converse are told about a message (CV.24)."""

from datetime import date

from antiphon.core.intent_result import intent_result, not_understood
from antiphon.core.pack import IntentDef, PackDef, SayDef

PACK = PackDef(
    name="shop",
    title="Shop",
    version="1",
    intents=(
        IntentDef(
            name="promise",
            examples=("a", "b", "c"),
            sentiment="positive",
            suggested_action="Note the date.",
            specialist="hello",
        ),
        IntentDef(name="sour", examples=("d", "e", "f"), sentiment="negative", specialist="hello", reported_as="angry"),
        IntentDef(name="plain", examples=("g", "h", "i"), specialist="hello"),
    ),
    specialists={"hello": SayDef(kind="say", reply="hi")},
    replies={"hi": "Hi"},
    fallback="hello",
    fallback_intent="plain",
)


def test_cv_24_the_result_of_a_message() -> None:
    found = intent_result(PACK, "promise", 0.87654, "I will pay $50 tomorrow", today=date(2025, 3, 5))
    assert found == {
        "intent": "promise",
        "confidence": 0.8765,
        "extracted_info": {
            "amounts": [{"text": "$50", "value": 50, "currency": "USD"}],
            "dates": [{"text": "tomorrow", "date": "2025-03-06"}],
        },
        "sentiment": "positive",
        "suggested_action": "Note the date.",
    }


def test_an_intent_that_says_nothing_is_neutral() -> None:
    found = intent_result(PACK, "plain", 1.0, "")
    assert (found["sentiment"], found["suggested_action"], found["extracted_info"]) == ("neutral", "", {})


def test_an_intent_under_another_name_keeps_its_sentiment() -> None:
    assert intent_result(PACK, "angry", 1.0, "")["sentiment"] == "negative"


def test_what_nobody_could_understand_is_unknown() -> None:
    found = not_understood("INV-2024-1234?")
    assert (found["intent"], found["confidence"], found["sentiment"]) == ("unknown", 0.0, "neutral")
    assert found["extracted_info"] == {"invoices": ["INV-2024-1234"]}
