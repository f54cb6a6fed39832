"""What there is: conversations, follow-ups, contacts and figures (CV.11 to CV.15)."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from antiphon.api.access import Text
from antiphon.api.answers import answer
from antiphon.api.converse import told
from antiphon.api.converse.names import DEFAULT_LISTED, ERRORS, MAX_LISTED, PACK, Conversing, missing, not_found
from antiphon.api.converse.shapes import (
    Contact,
    ConversationListItem,
    ConversationStatus,
    FollowUp,
    FollowUpStatus,
    QueueStats,
    Stats,
    WholeConversation,
)
from antiphon.core.names import ConversationId, Facts
from antiphon.core.process.definition import Channel
from antiphon.engine.service import Service
from antiphon.ports import ConversationItem, ConversationQuery, ConversationRecord, FollowUpQuery

router = APIRouter(prefix="/api/v1", tags=["converse"])

MAX_OFFSET = 10_000_000
MESSAGES_SHOWN = 1_000  # of one conversation, the latest events of it

Limit = Annotated[int, Query(ge=1, le=MAX_LISTED)]
Offset = Annotated[int, Query(ge=0, le=MAX_OFFSET)]


@router.get("/stats", responses=ERRORS, response_model=Stats)
async def read_stats(service: Conversing) -> Response:
    """The figures of the dashboard, counted now."""
    figures = await service.engine.store.tally(PACK)
    statuses, follow_ups = figures.conversations, figures.follow_ups
    business = service.business(PACK)
    return answer(
        {
            "total_conversations": sum(statuses.values()),
            "active_conversations": statuses.get("active", 0) + statuses.get("pending", 0),
            "waiting_response": statuses.get("waiting_response", 0),
            "resolved": statuses.get("resolved", 0),
            "escalated": statuses.get("escalated", 0),
            "total_followups": sum(follow_ups.values()),
            "pending_followups": follow_ups.get("scheduled", 0) + follow_ups.get("in_progress", 0),
            "completed_followups": follow_ups.get("completed", 0),
            "channels": dict(figures.channels),
            "total_contacts": figures.contacts,
            "total_state_bindings": sum(sum(states.values()) for states in figures.bindings.values()),
            "active_state_bindings": figures.open_bindings,
            "state_distribution": {process: dict(states) for process, states in figures.bindings.items()},
            "rules": len(business.pack.rules),
            "available_channels": sorted(service.engine.channels),
        }
    )


@router.get("/conversations", responses=ERRORS, response_model=list[ConversationListItem])
async def list_conversations(
    service: Conversing,
    status: ConversationStatus | None = None,
    channel: Channel | None = None,
    limit: Limit = DEFAULT_LISTED,
    offset: Offset = 0,
) -> Response:
    """Conversations, newest first, without their messages."""
    query = ConversationQuery(pack=PACK, status=status, channel=channel, limit=limit, offset=offset)
    return answer([told.conversation(item) for item in await service.engine.store.conversation_list(query)])


@router.get(
    "/conversations/{conversation_id}",
    responses={**ERRORS, **missing("Conversation")},
    response_model=WholeConversation,
)
async def read_conversation(conversation_id: str, service: Conversing) -> Response:
    """One conversation with its messages, across channels."""
    record = await _record(service, conversation_id)
    return answer({**told.conversation(_item(record)), "messages": await _messages(service, record)})


@router.get("/followups", responses=ERRORS, response_model=list[FollowUp])
async def list_follow_ups(
    service: Conversing,
    status: FollowUpStatus | None = None,
    contact_id: Annotated[Text | None, Query(max_length=200)] = None,
    limit: Limit = DEFAULT_LISTED,
) -> Response:
    """Follow-ups and scheduled checks, newest first."""
    query = FollowUpQuery(
        pack=PACK, statuses=frozenset({status}) if status else frozenset(), contact_id=contact_id, limit=limit
    )
    return answer([told.follow_up(record) for record in await service.engine.store.follow_ups(query)])


@router.get("/contacts", responses=ERRORS, response_model=list[Contact])
async def list_contacts(service: Conversing, limit: Limit = DEFAULT_LISTED, offset: Offset = 0) -> Response:
    """Contacts, newest first."""
    return answer([told.contact(record) for record in await service.engine.store.contacts(limit=limit, offset=offset)])


@router.get("/queue/stats", responses=ERRORS)
async def read_queue(service: Conversing) -> QueueStats:
    """How deep the queue is. What waits, what is late and what is dead live in the store; the queue wakes only."""
    depths = await service.engine.store.depths()
    return QueueStats(
        dispatch_queue_depth=depths.effects.get("pending", 0) + depths.effects.get("performing", 0),
        dlq_depth=depths.effects.get("dead", 0),
        consumer_running=service.engine.works,
    )


async def conversation_item(service: Service, conversation_id: ConversationId) -> ConversationItem:
    """A conversation of the pack.

    Raises:
        HTTPException: 404, there is none.
    """
    return _item(await _record(service, conversation_id))


async def _record(service: Service, conversation_id: ConversationId) -> ConversationRecord:
    record = None if "\x00" in conversation_id else await service.engine.store.conversation(conversation_id)
    if record is None or record.pack != PACK:
        raise not_found("Conversation")
    return record


def _item(record: ConversationRecord) -> ConversationItem:
    return ConversationItem(
        id=record.id,
        contact_id=record.contact_id,
        state=record.state,
        created_at=record.created_at,
        updated_at=record.updated_at,
        resolved_at=record.updated_at if record.state.status == "resolved" else None,
    )


async def _messages(service: Service, record: ConversationRecord) -> list[Facts]:
    """Up to where the record was read, so that both tell of the same moment."""
    after = max(0, record.sequence - MESSAGES_SHOWN)
    limit = record.sequence - after
    events = await service.engine.store.events(record.id, after=after, limit=limit) if limit else []
    return list(told.messages(record.id, record.contact_id, events))
