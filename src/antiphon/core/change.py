"""A change: something that happened and may move a conversation. Every kind takes one path."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from antiphon.core.names import Facts

ChangeKind: TypeAlias = Literal["message", "form", "intent", "event", "timeout", "action", "manual", "begin", "migrate"]

SPOKEN: frozenset[ChangeKind] = frozenset({"message", "form"})  # kinds that somebody waits for an answer to

# Names in the data of changes that move processes.
EXTRA = "extra_data"  # what came with it from outside; conditions see it under this name
ENTITY = "entity"  # type and id of what an event is about: only bindings about it are moved
BINDING = "binding_id"  # the one process that a change of ours is about; also the id of one that begins
SENT = "sent"  # what was sent, with the action `outreach_sent`
REPLY_TO = "reply_to"  # where its reply is carried: channel, address, and what the channel needs to thread it
OUTREACH_SENT = "outreach_sent"  # the action of ours that somebody was written to


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What came in. `value` is the word of the kind: the text of a message, the name of an event.

    A change that is neither words nor a form is answered by nobody; it moves processes. `begin` begins one, which
    `value` names; `migrate` takes those of that name to another version of its map. What came from outside with it
    stands in `data` under a name of its own, `EXTRA`, so that nobody outside can say what only we say: which check
    fired, what was sent.
    """

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
