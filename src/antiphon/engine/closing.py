"""What a turn ends beside what it begins: follow-ups that are no longer wanted, and those that have been answered."""

from collections.abc import Sequence

from antiphon.core.event import (
    BindingBegun,
    BindingMigrated,
    BindingMoved,
    ConversationEscalated,
    ConversationResolved,
    Event,
    HandedOff,
    MessageReceived,
)
from antiphon.engine.kinds import CHECK, FOLLOW_UP
from antiphon.ports import Cancel, Closed


def cancels_of(events: Sequence[Event]) -> tuple[Cancel, ...]:
    """A reply cancels messages that are still to be sent; the end of a process cancels its own, and its checks."""
    replied = any(isinstance(event, MessageReceived) for event in events)
    ended = dict.fromkeys(
        event.binding_id
        for event in events
        if isinstance(event, BindingMoved | BindingMigrated | BindingBegun) and event.is_terminal
    )
    messages = (Cancel(kinds=frozenset({FOLLOW_UP})),) if replied else ()
    return (*messages, *(Cancel(kinds=frozenset({FOLLOW_UP, CHECK}), binding_id=binding_id) for binding_id in ended))


def closes_of(events: Sequence[Event]) -> Closed | None:
    """What became of messages that were sent: a person is asked for, or they have been answered or settled."""
    if any(isinstance(event, ConversationEscalated | HandedOff) for event in events):
        return "escalated"
    answered = any(isinstance(event, MessageReceived | ConversationResolved) for event in events)
    return "completed" if answered else None
