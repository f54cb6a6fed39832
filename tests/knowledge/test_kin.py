"""Kin: short questions about another thing of the same kind."""

import pytest

from antiphon.core.passage import Passage
from antiphon.knowledge.kin import Kin
from antiphon.knowledge.piece import Piece


def piece(id_: str, title: str) -> Piece:
    return Piece(passage=Passage(id=id_, source="kb.json", title=title, text="."), cues=(title,), whole=False)


KIN = Kin(
    [
        piece("kb.json#plans/0", "Basic plan"),
        piece("kb.json#plans/1", "Pro plan"),
        piece("kb.json#plans", "Plans"),
        piece("kb.json#faqs/0", "Is there a trial?"),
        piece("kb.json#faqs/1", "Is there an app?"),
        *(piece(f"kb.json#policies/{number}", f"{name} policy") for number, name in enumerate("ABCDE")),
    ]
)
PRO = "The Pro plan costs $79."


@pytest.mark.parametrize(
    ("question", "context", "said", "meant"),
    [
        ("and Pro?", "how much is basic?", "", "how much is Pro?"),
        ("what about the Pro plan", "how much is the Basic plan?", "", "how much is the Pro plan?"),
        ("what about the other one", "what does the Pro plan cost?", PRO, "what does the Basic plan cost?"),
        ("and the other one?", "what does the Basic plan cost?", PRO, "what does the Basic plan cost?"),
        ("the other one?", "which is bigger?", PRO, "which is bigger? Basic plan"),
        ("the other one?", "does Pro have captions?", "Basic has none, Pro has.", "does Basic have captions?"),
        # what stands for itself
        ("and does Pro have captions?", "how much is Basic?", "", None),
        ("also on Basic?", "do you have captions?", "", None),
        ("the other one?", "how much is it?", "Basic $29, Pro $79.", None),
        ("how much is Pro?", "how much is Basic?", "", None),
        ("what about A?", "what about B?", "", None),
    ],
)
def test_what_a_short_question_stands_for(question: str, context: str, said: str, meant: str | None) -> None:
    assert KIN.resolved(question, context, said) == meant


def test_without_kin_every_question_stands_for_itself() -> None:
    assert Kin([]).resolved("the other one?", "how much is Pro?", PRO) is None
