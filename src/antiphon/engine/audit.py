"""Auditing: every event is what it was, in its place, and every snapshot is the fold of its log (promises 6 and 9).

It reads beside a server at work. A log only grows, so what a conversation remembered a moment ago is still a part of
it; whatever came since is walked as well.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from antiphon.core.chain import BEGINNING, ENDS_ELSEWHERE, Break, Link, SealedEvent, advance
from antiphon.core.conversation import Conversation, apply
from antiphon.core.errors import StoreDamaged
from antiphon.core.event import decode
from antiphon.core.names import ConversationId
from antiphon.ports import ConversationRecord, Views

PAGE = 500  # events, or ids of conversations, read at once; what an audit needs of memory
STRAYS = 100  # at most so many events without a conversation are named


@dataclass(frozen=True, kw_only=True, slots=True)
class Audited:
    """What became of one conversation's audit."""

    conversation_id: ConversationId
    events: int  # that hold
    erased: int = 0  # of them; their payload is gone, so their state cannot be folded again
    folded: bool = False  # whether the snapshot was compared, and equals the fold
    broken: Break | None = None


async def audit(views: Views) -> AsyncIterator[Audited]:
    """Every conversation of a tenant in the order of ids, then the events that have none. Memory stays constant."""
    after = ""
    while page := await views.conversation_ids(after=after, limit=PAGE):
        for conversation_id in page:
            yield await audit_conversation(views, conversation_id)
        after = page[-1]
    for stray in await views.stray_events(limit=STRAYS):
        reason = "no conversation can own this event"
        broken = Break(sequence=stray.sequence, kind=stray.kind, reason=reason)
        yield Audited(conversation_id=stray.conversation_id, events=0, broken=broken)


async def audit_conversation(views: Views, conversation_id: ConversationId) -> Audited:
    """One conversation: its chain from the first event to the head that it remembers, and its snapshot."""
    walk = _Walk()
    try:
        while (record := await views.conversation(conversation_id)) is not None:
            broken = await _follow(views, record, walk)
            # More has come since, or somebody put it there: the conversation knows.
            if broken is None and (beyond := await views.events(conversation_id, after=record.sequence, limit=1)):
                again = await views.conversation(conversation_id)
                if again is not None and again.sequence > record.sequence:
                    continue
                broken = Break(
                    sequence=beyond[0].sequence, kind=beyond[0].kind, reason="the conversation ends before this event"
                )
            return walk.ended(record, broken)
    except StoreDamaged as damage:
        broken = Break(sequence=damage.sequence or walk.link.sequence, kind=damage.kind, reason=str(damage.reason))
        return walk.result(conversation_id, broken)
    return walk.result(conversation_id, None)  # erased as a whole since its id was read


async def _follow(views: Views, record: ConversationRecord, walk: "_Walk") -> Break | None:
    """Walk on to the event that the conversation remembers as its last."""
    while (wanted := record.sequence - walk.link.sequence) > 0:
        page = await views.events(record.id, after=walk.link.sequence, limit=min(PAGE, wanted))
        if not page:
            missing = walk.link.sequence + 1
            return Break(sequence=missing, reason=f"event {missing} is missing")
        if broken := walk.on(page):
            return broken
    if walk.link != Link(sequence=record.sequence, head=record.head):
        return Break(sequence=walk.link.sequence, kind=walk.kind, reason=ENDS_ELSEWHERE)
    return None


class _Walk:
    """How far a log was walked, and the state up to there."""

    def __init__(self) -> None:
        self.link = BEGINNING
        self.kind: str | None = None  # of the latest event that holds
        self._state: Conversation | None = Conversation()  # None once an event was erased
        self._erased = 0
        self._unknown: Break | None = None  # an event that holds, and that this version cannot read

    def on(self, page: Sequence[SealedEvent]) -> Break | None:
        """Check the next events, and fold them."""
        end = advance(page, self.link)
        if isinstance(end, Break):
            return end
        for event in page:
            self._fold(event)
        self.link, self.kind = end, page[-1].kind
        return None

    def ended(self, record: ConversationRecord, broken: Break | None) -> Audited:
        """The result for a log that was walked to its end, or to where it breaks."""
        if broken is None:
            broken = self._unknown
        if broken is None and self._state is not None and self._state != record.state:
            reason = "the events hold, but the stored snapshot is not what they make"
            broken = Break(sequence=self.link.sequence, kind=self.kind, reason=reason)
        return self.result(record.id, broken)

    def result(self, conversation_id: ConversationId, broken: Break | None) -> Audited:
        """What was found so far."""
        return Audited(
            conversation_id=conversation_id,
            events=self.link.sequence,
            erased=self._erased,
            folded=broken is None and self._state is not None,
            broken=broken,
        )

    def _fold(self, event: SealedEvent) -> None:
        if event.payload is None:
            self._erased += 1
            self._state = None
        elif self._state is not None and self._unknown is None:
            try:
                self._state = apply(self._state, decode(event.kind, event.payload))
            except (ValueError, TypeError, KeyError) as error:
                reason = f"it holds, but this version cannot read it ({type(error).__name__}: {error})"
                self._unknown = Break(sequence=event.sequence, kind=event.kind, reason=reason)
