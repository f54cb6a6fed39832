from pathlib import Path

import numpy as np
import pytest

from antiphon.core.names import Vector
from antiphon.language.embeddings import EmbeddingCache
from antiphon.language.encoder import OnnxEncoder
from antiphon.language.intents import IntentClassifier, learn, spoken

SHOP = {
    "order_status": [
        "where is my order",
        "has my parcel shipped yet",
        "track my delivery",
        "when will it arrive",
    ],
    "refund": [
        "I want my money back",
        "refund this purchase",
        "return it for a refund",
        "give me my money back",
    ],
    "opening_hours": [
        "when do you open",
        "are you open on sunday",
        "what are your hours",
        "how late are you open",
    ],
}
EXAMPLES = [(text, intent) for intent, texts in SHOP.items() for text in texts]
PARAPHRASES = {
    "what's the status of my parcel": "order_status",
    "my package has not come, where is it": "order_status",
    "please refund me": "refund",
    "can I get my money back for these shoes": "refund",
    "what time do you close": "opening_hours",
    "are you open tomorrow": "opening_hours",
}
STRANGE = [
    "who won the world cup in 1998",
    "write me a poem about whales",
    "how do I boil an egg",
    "asdf jkl qwer",
]


@pytest.fixture(scope="module")
async def shop(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> IntentClassifier:
    return await learn(EXAMPLES, EmbeddingCache(tmp_path_factory.mktemp("vectors"), encoder))


def unit(*numbers: float) -> Vector:
    vector = np.array(numbers, dtype="<f4")
    return bytes((vector / np.linalg.norm(vector)).astype("<f4").tobytes())


def taught(*lines: tuple[str, Vector]) -> IntentClassifier:
    return IntentClassifier.train([("", intent) for intent, _ in lines], [vector for _, vector in lines])


async def test_paraphrases_are_understood_and_not_refused(shop: IntentClassifier, encoder: OnnxEncoder) -> None:
    for text, intent in PARAPHRASES.items():
        found = shop.classify(await encoder.encode(text))
        assert (found.intent, found.in_scope) == (intent, True), (text, found)


@pytest.mark.parametrize("text", STRANGE)
async def test_strangers_are_refused(shop: IntentClassifier, encoder: OnnxEncoder, text: str) -> None:
    found = shop.classify(await encoder.encode(text))
    assert not found.in_scope
    assert found.scope_score < found.threshold


async def test_only_allowed_intents_share_the_probability(shop: IntentClassifier, encoder: OnnxEncoder) -> None:
    vector = await encoder.encode("please refund me")
    free, bound = shop.classify(vector), shop.classify(vector, frozenset({"order_status", "opening_hours"}))
    assert {intent for intent, _ in bound.ranked} == {"order_status", "opening_hours"}
    assert sum(share for _, share in bound.ranked) == pytest.approx(1, abs=1e-5)
    assert bound.probability("order_status") / bound.probability("opening_hours") == pytest.approx(
        free.probability("order_status") / free.probability("opening_hours"), rel=1e-3
    )
    assert (bound.in_scope, bound.scope_score) == (free.in_scope, free.scope_score)
    with pytest.raises(ValueError, match="unheard_of"):
        shop.classify(vector, frozenset({"unheard_of"}))


async def test_ranks_are_sorted_and_led_by_the_intent(shop: IntentClassifier, encoder: OnnxEncoder) -> None:
    found = shop.classify(await encoder.encode("hm"))
    shares = [share for _, share in found.ranked]
    assert shares == sorted(shares, reverse=True)
    assert found.ranked[0] == (found.intent, found.confidence)


async def test_two_intents_of_three_examples(encoder: OnnxEncoder, tmp_path: Path) -> None:
    few = [line for line in EXAMPLES if line[1] != "refund"]
    few = [line for place, line in enumerate(few) if place % 4 < 3]
    small = await learn(few, EmbeddingCache(tmp_path, encoder))
    for text, intent in PARAPHRASES.items():
        if intent != "refund":
            found = small.classify(await encoder.encode(text))
            assert (found.intent, found.in_scope) == (intent, True), (text, found)
    for text in STRANGE:
        assert not small.classify(await encoder.encode(text)).in_scope, text


async def test_near_duplicates_as_examples_do_not_make_it_narrow(encoder: OnnxEncoder, tmp_path: Path) -> None:
    lines = [(f"{text}{end}", intent) for text, intent in EXAMPLES[::4] for end in ("", ".", "!")]
    narrow = await learn(lines, EmbeddingCache(tmp_path, encoder))
    found = narrow.classify(await encoder.encode("where has my order got to"))
    assert (found.intent, found.in_scope) == ("order_status", True)


def test_one_intent_and_lone_examples() -> None:
    only = taught(("hello", unit(1, 0)))
    assert only.classify(unit(1, 0)).confidence == pytest.approx(1)
    pair = taught(("left", unit(1, 0)), ("right", unit(0, 1)))
    assert pair.classify(unit(1, 0.1)).intent == "left"
    assert not pair.classify(unit(-1, -1)).in_scope


def test_lines_out_of_scope_are_not_learnt() -> None:
    lines = [("left", unit(1, 0)), ("right", unit(0, 1)), ("oos", unit(-1, 0))]
    found = taught(*lines)
    assert found.intents == ("left", "right")
    with pytest.raises(ValueError, match="at least one example"):
        taught(lines[-1])


def test_a_name_counts_as_an_example() -> None:
    lines = [("left", unit(1, 0, 0)), ("right", unit(0, 1, 0))]
    pairs = [("", intent) for intent, _ in lines]
    named = IntentClassifier.train(pairs, [vector for _, vector in lines], {"right": unit(0, 0, 1)})
    assert named.classify(unit(0, 0, 1)).intent == "right"
    assert named.classify(unit(0, 0, 1)).in_scope
    assert not taught(*lines).classify(unit(0, 0, 1)).in_scope


def test_a_repeated_line_counts_once() -> None:
    lines = [("left", unit(1, 0)), ("left", unit(1, 0.5)), ("right", unit(0, 1)), ("right", unit(0.4, 1))]
    assert taught(*lines * 5).threshold == taught(*lines).threshold


def test_training_repeats_itself() -> None:
    random = np.random.default_rng(0)
    lines = [(f"intent {n % 4}", unit(*random.normal(size=8) + np.eye(8)[n % 4] * 3)) for n in range(40)]
    first, again = taught(*lines), taught(*lines)
    assert (first.threshold, first.temperature) == (again.threshold, again.temperature)
    assert first.classify(lines[0][1]) == again.classify(lines[0][1])


@pytest.mark.parametrize(
    ("intent", "said"),
    [("card_arrival", "card arrival"), ("Refund_not_showing_up?", "refund not showing up")],
)
def test_a_name_is_spoken(intent: str, said: str) -> None:
    assert spoken(intent) == said
