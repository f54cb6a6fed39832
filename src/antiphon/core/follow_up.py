"""A follow-up: an effect that people know as a message to a contact, or as a check whether one came."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from antiphon.core.effect import EffectStatus

Closed: TypeAlias = Literal["completed", "escalated"]  # what became of follow-ups that were sent
FollowUpStatus: TypeAlias = Literal[
    "scheduled", "in_progress", "awaiting_reply", "completed", "escalated", "failed", "cancelled"
]

FOLLOW_UPS: tuple[str, ...] = ("followup", "check")  # kinds of effects that lists show as follow-ups
CHECK = "check"  # of the two, the kind that nobody answers: once it has fired it is completed
_FOLLOW_UP_STATUSES: Mapping[EffectStatus, FollowUpStatus] = {
    "pending": "scheduled",
    "performing": "in_progress",
    "done": "awaiting_reply",
    "dead": "failed",
    "parked": "failed",
    "cancelled": "cancelled",
}


def closed_by(kind: str, status: EffectStatus) -> Closed | None:
    """What an attempt that ends so makes of a follow-up by itself; None where a person's answer is waited for."""
    return "completed" if kind == CHECK and status == "done" else None


def follow_up_status(status: EffectStatus, closed: Closed | None) -> FollowUpStatus:
    """Where a follow-up stands, in the words of lists."""
    return closed if closed and status == "done" else _FOLLOW_UP_STATUSES[status]
