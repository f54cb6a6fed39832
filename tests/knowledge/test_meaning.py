"""The knowledge base with the encoder that is shipped: what people ask, in their own words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon.core.pack import KnowledgeDef
from antiphon.knowledge import KnowledgeBase
from antiphon.language.encoder import OnnxEncoder
from tests.knowledge.shelf import AUTOSTREAM, Shelf


@pytest.fixture(scope="module")
def encoder() -> Iterator[OnnxEncoder]:
    encoder = OnnxEncoder()
    yield encoder
    encoder.close()


@pytest.fixture
async def base(encoder: OnnxEncoder, tmp_path: Path) -> KnowledgeBase:
    shelf = Shelf(folder=tmp_path, encoder=encoder)
    shelf.put("kb.json", AUTOSTREAM)
    defaults = KnowledgeDef()
    return await shelf.loaded(answer_at=defaults.answer_at, suggest_at=defaults.suggest_at)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "What does it cost?",
            ["$29/month", "10 videos", "720p", "$79/month", "unlimited", "4K", "AI captions", "24/7"],
        ),
        ("Hi, I'd like to know about your pricing", ["$29/month", "$79/month"]),
        ("how expensive is pro", ["$79/month"]),
        ("can I try it for free", ["7 days"]),
        ("i want my money back", ["7 days"]),
        ("how do I stop my subscription", ["Cancel plan"]),
        ("can I pay with PayPal", ["PayPal"]),
        ("do you have an app for my phone", ["Android"]),
        ("e5107 while uploading", ["interrupted"]),
        ("where are your headquarters", ["Austin"]),
    ],
)
async def test_what_is_known_is_answered(base: KnowledgeBase, question: str, expected: list[str]) -> None:
    answer = await base.answer(question)
    assert answer.band == "answer"
    assert [word for word in expected if word not in answer.text] == []


@pytest.mark.parametrize(
    "question",
    [
        "what's the weather in Paris?",
        "who won the world cup in 2018?",
        "how do I bake bread",
        "do you sell shoes?",
        "do you offer car insurance?",
        "how much does a Tesla cost?",
        "what does error E-9999 mean?",
        "asdf qwer zxcv",
    ],
)
async def test_what_is_not_known_is_not_answered(base: KnowledgeBase, question: str) -> None:
    assert (await base.answer(question)).band != "answer"


@pytest.mark.parametrize(
    ("context", "question", "expected"),
    [
        ("how much is the Basic plan?", "and the Pro plan?", "The Pro plan costs $79/month"),
        ("what is the resolution on Basic?", "and on Pro?", "4K"),
        ("is there a mobile app?", "does it work on android?", "Android 12"),
        ("how do I cancel?", "and do I get a refund then?", "7 days"),
    ],
)
async def test_a_question_may_lean_on_the_one_before(
    base: KnowledgeBase, context: str, question: str, expected: str
) -> None:
    answer = await base.answer(question, context=context)
    assert answer.band == "answer"
    assert expected in answer.text


async def test_scores_tell_the_sure_from_the_unsure(base: KnowledgeBase) -> None:
    (sure,) = await base.retrieve("do you have a free trial?", top_k=1)
    (unsure,) = await base.retrieve("what's the weather in Paris?", top_k=1)
    assert sure.score > 0.9
    assert unsure.score < 0.3
