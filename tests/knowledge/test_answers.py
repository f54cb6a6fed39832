"""Answers: bands, sentences, and what the words of a question say."""

import pytest

from antiphon.core.pack import KnowledgeDef
from antiphon.core.passage import Band, Passage
from antiphon.knowledge.answers import Candidate, band, choose, needs_choosing, unsure
from antiphon.knowledge.evidence import Evidence
from antiphon.knowledge.piece import Piece
from antiphon.knowledge.words import content_words, stem

DEFINITION = KnowledgeDef(answer_at=0.5, suggest_at=0.3)


def _piece(title: str, text: str = "Text.", *, whole: bool = False) -> Piece:
    passage = Passage(id=f"k#{title}", source="k", title=title, text=text)
    return Piece(passage=passage, cues=(passage.content,), whole=whole)


@pytest.mark.parametrize(
    ("strength", "expected"),
    [(1.0, "answer"), (0.5, "answer"), (0.49, "did_you_mean"), (0.3, "did_you_mean"), (0.29, "dont_know")],
)
def test_bands(strength: float, expected: Band) -> None:
    assert band(strength, DEFINITION) == expected


def test_suggestions_are_the_titles_of_the_best_few_each_once() -> None:
    titles = [("A", 0.45), ("B", 0.4), ("A", 0.39), ("", 0.38), ("C", 0.37), ("D", 0.36), ("E", 0.1)]
    answer = unsure([Candidate(piece=_piece(title), strength=score) for title, score in titles], DEFINITION)
    assert (answer.band, answer.suggestions, answer.text) == ("did_you_mean", ("A", "B", "C"), "")
    assert [found.score for found in answer.found] == [score for _, score in titles]


def test_with_nothing_to_suggest_nothing_is_known() -> None:
    assert unsure([], DEFINITION).band == "dont_know"
    assert unsure([Candidate(piece=_piece("A"), strength=0.2)], DEFINITION).band == "dont_know"
    assert unsure([Candidate(piece=_piece(""), strength=0.4)], DEFINITION).band == "dont_know"


def test_only_what_is_long_is_said_in_part() -> None:
    assert needs_choosing(_piece("A", "This is a sentence. " * 30))
    assert not needs_choosing(_piece("A", "This is a sentence. " * 30, whole=True))
    assert not needs_choosing(_piece("A", "This is a sentence. " * 3))
    assert not needs_choosing(_piece("A", "word " * 100))


def test_the_chosen_sentences_keep_their_order_and_are_three_at_most() -> None:
    said = [
        "Cats sleep.",
        "Refunds take 5 days.",
        "Dogs bark.",
        "A refund needs an invoice.",
        "Refunds end.",
        "Refunds!",
    ]
    similarities = [0.1, 0.6, 0.1, 0.7, 0.6, 0.59]
    assert choose("how do refunds work", said, similarities) == (
        "Refunds take 5 days. A refund needs an invoice. Refunds end."
    )
    assert choose("do cats sleep", said, [0.9, 0.1, 0.5, 0.1, 0.1, 0.1]) == "Cats sleep."


def test_items_of_a_list_keep_their_lines() -> None:
    assert choose("plans", ["Plans exist.", "- Basic plan", "- Pro plan"], [0.5, 0.5, 0.5]) == (
        "Plans exist.\n- Basic plan\n- Pro plan"
    )


def test_the_words_of_a_question_raise_or_lower_its_similarity() -> None:
    refunds = _piece("Refunds", "We offer refunds for 7 days.")
    evidence = Evidence([refunds, _piece("Plans", "Pro and Basic.")])
    both = evidence.strength(0.5, content_words("do you offer refunds?"), refunds)
    neither = evidence.strength(0.5, content_words("do you offer car insurance?"), refunds)
    assert neither < 0.5 < both
    assert evidence.strength(1.0, content_words("refunds"), refunds) == 1.0
    assert evidence.strength(0.0, content_words("car"), refunds) == 0.0


def test_a_question_without_words_of_its_own_is_judged_by_similarity() -> None:
    assert content_words("how much is it?") == frozenset()
    assert Evidence([]).share(frozenset(), frozenset({"cost"})) == 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("refunds", "refunded"), ("price", "pricing"), ("plan", "plans"), ("cancel", "cancelling"),
        ("policy", "policies"), ("integrate", "integrations"), ("upload", "uploading"), ("stop", "stopped"),
    ],
)  # fmt: skip
def test_forms_of_a_word_meet(one: str, other: str) -> None:
    assert stem(one) == stem(other)
