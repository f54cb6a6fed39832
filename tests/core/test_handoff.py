"""What an operator sees of a case that was handed over."""

from antiphon.core.change import Change
from antiphon.core.handoff import SHOWN_CHARS, context, summary
from antiphon.core.scale import Grade
from antiphon.core.step import Step


def test_a_case_on_one_page() -> None:
    data = {"sender_name": "Jo", "sender_email": "jo@example.com", "subject": "Help"}
    page = context(
        change=Change(kind="message", value="x" * 5000, data=data),
        intent="support",
        confidence=0.87654,
        reason="too hot",
        grades={"severity": Grade(scale="severity", level="high", confidence=0.9)},
        steps=[Step(node="n", agent="support_agent", action="resolved")],
        draft="d" * 5000,
    )

    assert page["who"] == {"sender_name": "Jo", "sender_email": "jo@example.com"}
    assert page["what"] == {
        "subject": "Help",
        "message": "x" * SHOWN_CHARS,
        "intent": "support",
        "confidence": 0.8765,
        "severity": "high",
    }
    assert page["steps"] == ["support_agent: resolved"]
    assert len(page["draft"]) == SHOWN_CHARS
    assert summary(page) == "Jo <jo@example.com> wrote about “Help” (support). too hot."


def test_a_message_without_a_sender() -> None:
    page = context(
        change=Change(kind="message", value="x"), intent="a", confidence=0, reason="b", grades={}, steps=[], draft=""
    )
    assert summary(page) == "Somebody wrote (a). b."
