"""Rows to values and back. JSON by orjson, times as microseconds."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import orjson

from antiphon.core import conversation as conversations
from antiphon.core.chain import SealedEvent
from antiphon.core.change import Change
from antiphon.core.conversation import Conversation
from antiphon.core.effect import Effect, KeptEffect
from antiphon.core.errors import StoreDamaged
from antiphon.core.lead import Lead
from antiphon.core.names import Moment
from antiphon.core.run import Arrival, Outcome, Run
from antiphon.core.step import Step
from antiphon.ports import ConversationRecord, LeadRecord, Said

Row: TypeAlias = Any  # values by column name: a sqlite3.Row or an asyncpg.Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: Moment) -> int:
    """Microseconds since 1970. A time without a zone is refused: it would be a guess."""
    return (moment - _EPOCH) // _MICROSECOND


def to_moment(micros: int) -> Moment:
    """The time of so many microseconds since 1970, UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def moment_or_none(micros: int | None) -> Moment | None:
    """The same, of what may not have happened."""
    return None if micros is None else to_moment(micros)


def dump(value: Any) -> str:
    """A value (dataclasses included) as JSON text."""
    return orjson.dumps(value).decode()


def state_of(text: str) -> Conversation:
    """A conversation's state from its snapshot."""
    return conversations.from_facts(orjson.loads(text))


EMPTY_STATE = dump(Conversation())


def scoped_key(arrival: Arrival) -> str | None:
    """The idempotency key within its pack and kind of address; others may use the same word."""
    if arrival.idempotency_key is None:
        return None
    return f"{arrival.pack}/{arrival.space}/{arrival.idempotency_key}"


def outcome_of(text: str | None) -> Outcome | None:
    """A run's outcome, or None while it has none."""
    return Outcome(**orjson.loads(text)) if text else None


def run_of(row: Row) -> Run:
    """A row of `runs`."""
    return Run(
        id=row["id"],
        conversation_id=row["conversation_id"],
        position=row["position"],
        pack=row["pack"],
        change=Change.from_facts(orjson.loads(row["change"])),
        status=row["status"],
        attempts=row["attempts"],
        created_at=to_moment(row["created_at"]),
        finished_at=moment_or_none(row["finished_at"]),
        outcome=outcome_of(row["outcome"]),
        merged_into=row["merged_into"],
    )


def step_of(row: Row) -> Step:
    """A row of `steps`."""
    return Step(
        node=row["node"],
        agent=row["agent"],
        action=row["action"],
        output=row["output"],
        why=orjson.loads(row["why"]),
        ms=row["ms"],
    )


def event_of(row: Row) -> SealedEvent:
    """A row of `events`.

    Raises:
        StoreDamaged: a value is of another kind than its column; SQLite would not mind.
    """
    for name, kinds in _EVENT_KINDS.items():
        if not isinstance(row[name], kinds):
            raise _damaged(row, f"its {name} is {type(row[name]).__name__}")
    try:
        at = to_moment(row["at"])
    except OverflowError:
        raise _damaged(row, "its time is none") from None
    return SealedEvent(
        sequence=row["sequence"],
        kind=row["kind"],
        at=at,
        payload=row["payload"],
        key=row["key"],
        digest=row["digest"],
        hash=row["hash"],
    )


_EVENT_KINDS: dict[str, tuple[type, ...]] = {
    "sequence": (int,),
    "kind": (str,),
    "at": (int,),
    "payload": (bytes, type(None)),
    "key": (bytes, type(None)),
    "digest": (bytes,),
    "hash": (bytes,),
}


def _damaged(row: Row, reason: str) -> StoreDamaged:
    return StoreDamaged(
        conversation_id=row["conversation_id"],
        sequence=row["sequence"],
        kind=str(row["kind"]),
        reason=f"event {row['sequence']}: {reason}",
    )


def effect_of(row: Row) -> KeptEffect:
    """A row of `effects`."""
    return KeptEffect(
        key=row["key"],
        run_id=row["run_id"],
        conversation_id=row["conversation_id"],
        effect=Effect(
            kind=row["kind"],
            payload=orjson.loads(row["payload"]),
            repeatable=bool(row["repeatable"]),
            max_attempts=row["max_attempts"],
            priority=row["priority"],
            binding_id=row["binding_id"],
        ),
        status=row["status"],
        due_at=to_moment(row["due_at"]),
        attempts=row["attempts"],
        reason=row["reason"],
        settled_at=moment_or_none(row["settled_at"]),
        detail=orjson.loads(row["detail"]) if row["detail"] else {},
    )


def conversation_of(row: Row) -> ConversationRecord:
    """A row of `conversations`.

    Raises:
        StoreDamaged: it is no conversation any more.
    """
    try:
        return _conversation_of(row)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        reason = f"its snapshot or a time is damaged ({error})"
        raise StoreDamaged(conversation_id=row["id"], sequence=None, kind=None, reason=reason) from error


def _conversation_of(row: Row) -> ConversationRecord:
    return ConversationRecord(
        id=row["id"],
        contact_id=row["contact_id"],
        pack=row["pack"],
        pack_version=row["pack_version"],
        space=row["space"],
        address=row["address"],
        state=state_of(row["state"]),
        sequence=row["sequence"],
        head=row["head"],
        created_at=to_moment(row["created_at"]),
        updated_at=to_moment(row["updated_at"]),
    )


def said_of(row: Row) -> Said:
    """A row of `events` that is a message."""
    return Said(
        role="user" if row["kind"] == "message_received" else "assistant",
        text=orjson.loads(row["payload"])["text"],
        at=to_moment(row["at"]),
    )


def lead_of(row: Row) -> LeadRecord:
    """A row of `leads`."""
    return LeadRecord(
        lead=Lead(id=row["id"], form=row["form"], values=orjson.loads(row["values"]), status=row["status"]),
        conversation_id=row["conversation_id"],
        run_id=row["run_id"],
        pack=row["pack"],
        captured_at=to_moment(row["captured_at"]),
    )
