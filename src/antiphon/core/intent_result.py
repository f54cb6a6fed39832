"""What callers of Converse are told about a message that was understood: the contract's intent result (CV.24)."""

from datetime import date
from typing import Final

from antiphon.core.extracted import extracted
from antiphon.core.names import Facts
from antiphon.core.pack import PackDef

UNKNOWN: Final = "unknown"  # the intent of a message that nobody could be asked about


def intent_result(pack: PackDef, intent: str, confidence: float, text: str, *, today: date | None = None) -> Facts:
    """{intent, confidence, extracted_info, sentiment, suggested_action} of a message.

    Args:
        intent: as callers see it. Its own definition says sentiment and action; else the first that is reported as it.
        today: the day of the message where it was written, so that "tomorrow" has a date.
    """
    reported = (one for one in pack.intents if one.reported_as == intent)
    definition = pack.intent(intent) or next(reported, None)
    return {
        "intent": intent,
        "confidence": round(confidence, 4),
        "extracted_info": extracted(text, today=today),
        "sentiment": definition.sentiment if definition else "neutral",
        "suggested_action": definition.suggested_action if definition else "",
    }


def not_understood(text: str, *, today: date | None = None) -> Facts:
    """The result when nobody could understand: `unknown`, 0.0. What the message names is told all the same."""
    return {
        "intent": UNKNOWN,
        "confidence": 0.0,
        "extracted_info": extracted(text, today=today),
        "sentiment": "neutral",
        "suggested_action": "",
    }
