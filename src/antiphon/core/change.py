"""A change: something that happened and may move a conversation. Every kind takes one path."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from antiphon.core.names import Facts

ChangeKind: TypeAlias = Literal["message", "form", "event", "timeout", "action", "manual"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What came in. `value` is the word of the kind: the text of a message, the name of an event."""

    kind: ChangeKind
    value: str
    channel: str = "chat"  # where it came from and where a reply goes
    data: Facts = field(default_factory=dict)  # what came with it: a form's values, an event's facts
    origin: Facts = field(default_factory=dict)  # the request that brought it: request_id, traceparent; moves nothing

    @classmethod
    def from_facts(cls, facts: Facts) -> "Change":
        return cls(**facts)


def merged(changes: tuple[Change, ...]) -> Change:
    """Several waiting messages as one, in order of arrival; each keeps its own line."""
    last = changes[-1]
    if len(changes) == 1:
        return last
    return Change(
        kind=last.kind,
        value="\n".join(change.value for change in changes),
        channel=last.channel,
        data=last.data,
        origin=last.origin,
    )
