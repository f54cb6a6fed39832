"""What an operator who takes over needs to know, without reading the log: who, what, why, and what was done."""

from collections.abc import Sequence

from antiphon.core.change import Change
from antiphon.core.mail import sender
from antiphon.core.names import Facts
from antiphon.core.scale import Grades
from antiphon.core.step import Step

SHOWN_CHARS = 600  # of a message and of a draft; the whole of each is in the log


def context(
    *, change: Change, intent: str, confidence: float, reason: str, grades: Grades, steps: Sequence[Step], draft: str
) -> Facts:
    """The case on one page, as JSON values."""
    return {
        "who": {name: value for name, value in sender(change).items() if name != "subject"},
        "what": {
            "subject": sender(change)["subject"],
            "message": change.value[:SHOWN_CHARS],
            "intent": intent,
            "confidence": round(confidence, 4),
            **{grade.scale: grade.level for grade in grades.values()},
        },
        "why": reason,
        "steps": [f"{step.agent}: {step.action}" for step in steps],
        "draft": draft[:SHOWN_CHARS],
    }


def summary(facts: Facts) -> str:
    """The same in a sentence or two, for a list."""
    who, what = facts["who"], facts["what"]
    named = who["sender_name"] or "Somebody"
    address = f" <{who['sender_email']}>" if who["sender_email"] else ""
    about = f" about “{what['subject']}”" if what["subject"] else ""
    return f"{named}{address} wrote{about} ({what['intent']}). {facts['why']}."
