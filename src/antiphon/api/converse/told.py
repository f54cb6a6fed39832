"""Records of the store as Converse's callers see them."""

from collections.abc import Iterator, Sequence

from antiphon.core.chain import SealedEvent
from antiphon.core.event import BindingMigrated, BindingMoved, MessageReceived, MessageSent, decode
from antiphon.core.names import Facts, Moment
from antiphon.core.process.available import available
from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.proposed import PRIORITIES
from antiphon.ports import BindingRecord, ContactRecord, ConversationItem, FollowUpRecord, MoveRecord

MAX_ATTEMPTS = 5  # of follow-ups on one conversation, as callers see it
AGENT = "agent"  # who speaks for the business
_PRIORITY_NAMES = {number: name for name, number in PRIORITIES.items()}


def contact(record: ContactRecord) -> Facts:
    """A Contact."""
    details = record.details
    return {
        "id": record.id,
        "external_id": details.external_id,
        "name": details.name,
        "role": details.role,
        "organization": details.organization,
        "channels": [
            {"channel": one.space, "address": one.address, "preferred": one.preferred, "verified": one.verified}
            for one in details.addresses
        ],
        "metadata": dict(details.metadata),
        "tags": list(details.tags),
        "created_at": record.created_at.isoformat(),
    }


def conversation(item: ConversationItem) -> Facts:
    """A Conversation without its messages."""
    state = item.state
    return {
        "id": item.id,
        "contact_id": item.contact_id,
        "followup_id": state.followup_id,
        "status": state.status,
        "channels_used": list(state.channels_used),
        "active_channel": state.active_channel,
        "business_context": dict(state.business_context),
        "summary": state.summary,
        "state_bindings": [binding.id for binding in state.bindings],
        "attempt_count": state.attempt_count,
        "max_attempts": MAX_ATTEMPTS,
        "created_at": item.created_at.isoformat(),
        "updated_at": item.updated_at.isoformat(),
        "resolved_at": _iso(item.resolved_at),
        "metadata": {},
    }


def messages(conversation_id: str, contact_id: str, events: Sequence[SealedEvent]) -> Iterator[Facts]:
    """The messages among events, in order; what was erased is left out."""
    for sealed in events:
        if sealed.kind not in ("message_received", "message_sent") or sealed.payload is None:
            continue
        said = decode(sealed.kind, sealed.payload)
        if not isinstance(said, MessageReceived | MessageSent):
            continue
        came_in = isinstance(said, MessageReceived)
        yield {
            "id": f"{conversation_id}:{sealed.sequence}",
            "conversation_id": conversation_id,
            "channel": said.channel,
            "direction": "inbound" if came_in else "outbound",
            "sender_id": contact_id if came_in else AGENT,
            "content": said.text,
            "content_type": "text",
            "attachments": [],
            "metadata": {"run_id": said.run_id},
            "timestamp": sealed.at.isoformat(),
            "delivered": True,
            "read": came_in,
        }


def follow_up(record: FollowUpRecord) -> Facts:
    """A FollowUp."""
    kept, payload = record.kept, record.kept.effect.payload
    status = record.status
    waits = status in ("scheduled", "in_progress")
    return {
        "id": kept.key,
        "rule_id": payload.get("rule_id"),
        "contact_id": record.contact_id,
        "conversation_id": kept.conversation_id,
        "status": status,
        "priority": _PRIORITY_NAMES.get(kept.effect.priority, "medium"),
        "business_context": payload.get("business_context") or {},
        "reason": str(payload.get("reason") or payload.get("template") or payload.get("trigger_value") or ""),
        "channel_priority": list(payload.get("channels") or ()),
        "current_channel": kept.detail.get("channel"),
        "attempt_count": kept.attempts,
        "max_attempts": kept.effect.max_attempts,
        "next_attempt_at": kept.due_at.isoformat() if waits else None,
        "scheduled_at": record.created_at.isoformat(),
        "started_at": _iso(record.started_at),
        "completed_at": _iso(kept.settled_at),
        "outcome": record.closed or kept.reason,
        "metadata": {
            **(payload.get("metadata") or {}),
            "is_scheduled_check": kept.effect.kind == "check",
            "binding_id": kept.effect.binding_id,
            "due_at": kept.due_at.isoformat(),
        },
    }


def binding(record: BindingRecord, history: Sequence[MoveRecord] = ()) -> Facts:
    """A StateBinding."""
    return {
        "id": record.id,
        "conversation_id": record.conversation_id,
        "contact_id": record.contact_id,
        "process_type": record.process_type,
        "current_state": record.state,
        "entity_id": record.entity_id,
        "entity_type": record.entity_type,
        "business_data": dict(record.business_data),
        "history": [moved(one) for one in history],
        "created_at": record.created_at.isoformat(),
        "updated_at": record.updated_at.isoformat(),
        "resolved_at": _iso(record.resolved_at),
        "metadata": {"is_terminal": record.is_terminal, "version": record.version},
    }


def moved(record: MoveRecord) -> Facts:
    """A HistoryRecord."""
    move = record.moved
    told = {
        "id": f"{move.run_id}:{record.sequence}",
        "from_state": move.from_state,
        "to_state": move.to_state,
        "timestamp": record.at.isoformat(),
    }
    match move:
        case BindingMoved():
            return told | {
                "trigger_type": move.trigger_type,
                "trigger_value": move.trigger_value,
                "actions_fired": list(move.actions),
                "metadata": {"transition_desc": move.description, "conditions_met": list(move.conditions_met)},
            }
        case BindingMigrated():
            versions = {"from_version": move.from_version, "to_version": move.to_version}
            return told | {
                "trigger_type": "manual",
                "trigger_value": "migrated",
                "actions_fired": [],
                "metadata": {"transition_desc": "Another version of the map", "conditions_met": [], **versions},
            }


def state_info(record: BindingRecord, process: StateMapDef | None, history: Sequence[MoveRecord]) -> Facts:
    """Where a binding stands and what could move it; `process` is None when its map is no longer there."""
    ways = available(process, record.state) if process else ()
    return {
        "binding_id": record.id,
        "process_type": record.process_type,
        "current_state": record.state,
        "is_terminal": record.is_terminal,
        "entity_id": record.entity_id,
        "entity_type": record.entity_type,
        "available_triggers": [
            {"trigger": way.trigger, "to_state": way.to_state, "description": way.description} for way in ways
        ],
        "history_length": len(history),
        "last_transition": moved(history[-1]) if history else None,
        "all_states": list(process.states) if process else [],
        "terminal_states": list(process.terminal_states) if process else [],
    }


def _iso(moment: Moment | None) -> str | None:
    return moment.isoformat() if moment else None
