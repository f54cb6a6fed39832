"""What happens: messages of any channel, events, operators' words, and the rules (CV.1 to CV.4, CV.9, CV.16)."""

import hashlib
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from antiphon.api.access import Failure, IdempotencyKey
from antiphon.api.answers import answer
from antiphon.api.converse import told
from antiphon.api.converse.lists import conversation_item
from antiphon.api.converse.names import ERRORS, PACK, Conversing, missing
from antiphon.api.converse.shapes import (
    ContextChange,
    ContextChangeAnswer,
    EventAnswer,
    HappenedEvent,
    InboundAnswer,
    InboundMessage,
    NewBinding,
    Processed,
    Replayed,
    StateBinding,
)
from antiphon.api.keys import UNAUTHORIZED, AdminKey
from antiphon.core.address import normal
from antiphon.core.change import Change
from antiphon.core.intent_result import intent_result, not_understood
from antiphon.core.names import EffectKey, Facts
from antiphon.engine.happen import Happened, Unfinished
from antiphon.engine.receive import Request
from antiphon.engine.replay import replay_all
from antiphon.engine.respond import Response as Answered
from antiphon.engine.rules import RuleResult
from antiphon.engine.service import Service
from antiphon.engine.transition import Transition

router = APIRouter(prefix="/api/v1", tags=["converse"])

Key = Annotated[IdempotencyKey, Header(alias="Idempotency-Key")]
NOBODY = "Nothing here is about it, and no rule wants it. The event is on record."
JOB_CHARS = 12


@router.post("/messages/inbound", responses=ERRORS, response_model=InboundAnswer)
async def receive_message(body: InboundMessage, service: Conversing, idempotency_key: Key = None) -> Response:
    """Something that a contact said, on whatever channel. Whoever is unknown becomes a contact.

    The answer stands in the response; nothing is sent.
    """
    address = normal(body.channel, body.sender_address)
    answered = await service.respond(
        Request(
            pack=PACK,
            change=Change(
                kind="message",
                value=body.content,
                channel=body.channel,
                data={"metadata": body.metadata} if body.metadata else {},
            ),
            space=body.channel,
            address=address,
            idempotency_key=idempotency_key,
            contact_name=f"Unknown ({address})",
        )
    )
    item = await conversation_item(service, answered.conversation_id)
    return answer(
        {
            "conversation_id": item.id,
            "contact_id": item.contact_id,
            "intent": _intent(service, answered, body.content),
            "response": answered.outcome.reply or "",
            "channel": body.channel,
            "transitions": answered.outcome.facts.get("transitions", []),
            "action_results": answered.outcome.facts.get("action_results", []),
        },
        run_id=answered.run_id,
    )


@router.post("/events", responses=ERRORS, response_model=EventAnswer)
async def receive_event(body: HappenedEvent, service: Conversing, idempotency_key: Key = None) -> Response:
    """Something that happened in the business's own system: processes about it move, and rules are asked.

    The processes are found by `data.entity_type` and `data.entity_id`.
    """
    happened = await service.happen(PACK, body.event_name, body.data, key=_event_key(idempotency_key))
    return answer({"event": happened.event, "results": _results(happened), **_remark(happened)})


@router.post("/context-change", responses={**ERRORS, **missing("Conversation")}, response_model=ContextChangeAnswer)
async def change_context(body: ContextChange, service: Conversing, idempotency_key: Key = None) -> Response:
    """An operator's word, or what another system knows: every open process of the conversation sees it."""
    item = await conversation_item(service, body.conversation_id)
    changed = await service.change_context(
        item.id, body.trigger_type, body.trigger_value, body.extra_data, key=idempotency_key
    )
    moves = [
        {"binding_id": move.binding_id, "transition": move.transition, "actions": list(move.actions)}
        for move in changed.transitions
    ]
    return answer({"conversation_id": item.id, "transitions": moves}, run_id=changed.run_id)


@router.post("/process", responses=ERRORS)
async def go_through_rules(service: Conversing) -> Processed:
    """Hold what is pending in the backend against the rules, now."""
    gone = await service.go_through_rules(PACK)
    return Processed(backend_items_evaluated=gone.backend_items_evaluated, followups_enqueued=gone.followups_enqueued)


@router.post(
    "/state-bindings",
    responses={
        **ERRORS,
        **missing("Conversation"),
        400: {"model": Failure, "description": "There is no such process or state, or too many are open."},
    },
    response_model=StateBinding,
)
async def begin_binding(body: NewBinding, service: Conversing, idempotency_key: Key = None) -> Response:
    """Begin a process on a conversation. Nothing is sent by that."""
    item = await conversation_item(service, body.conversation_id)
    record = await service.begin_binding(
        item.id,
        body.process_type,
        entity_id=body.entity_id,
        entity_type=body.entity_type,
        business_data=body.business_data,
        initial_state=body.initial_state,
        key=idempotency_key,
    )
    return answer(told.binding(record))


@router.post("/queue/dlq/replay", responses={**ERRORS, **UNAUTHORIZED}, dependencies=[AdminKey])
async def replay_dead(service: Conversing) -> Replayed:
    """Make every dead job due again."""
    replayed = await replay_all(service.engine, service.performing, statuses=frozenset({"dead"}))
    return Replayed(replayed=replayed)


def _intent(service: Service, answered: Answered, text: str) -> Facts:
    business, outcome = service.business(PACK), answered.outcome
    today: date = service.engine.clock.now().astimezone(business.zone).date()
    if outcome.intent is None:
        return not_understood(text, today=today)
    return intent_result(business.pack, outcome.intent, outcome.confidence or 0.0, text, today=today)


def _event_key(given: str | None) -> str | None:
    return f"event:{given}" if given else None


def _results(happened: Happened) -> list[Facts]:
    return [_moved(one) if isinstance(one, Transition) else _followed(one) for one in happened.results] + [
        _waiting(one) for one in happened.unfinished
    ]


def _moved(move: Transition) -> Facts:
    return {
        "source": move.source,
        "binding_id": move.binding_id,
        "process_type": move.process_type,
        "transition": move.transition,
        "actions": list(move.actions),
    }


def _followed(result: RuleResult) -> Facts:
    told_of: dict[str, Any] = {
        "source": result.source,
        "rule_id": result.rule_id,
        "followup_id": result.followup_id,
        "job_id": job_id(result.followup_id) if result.followup_id else None,
        "status": result.status,
        "conversation_id": result.conversation_id,
        "binding_id": result.binding_id,
        "reason": result.reason,
    }
    return {name: value for name, value in told_of.items() if value is not None}


def _waiting(one: Unfinished) -> Facts:
    return {
        "source": "state_machine",
        "conversation_id": one.conversation_id,
        "run_id": one.run_id,
        "status": "waiting",
        "reason": one.reason,
    }


def _remark(happened: Happened) -> dict[str, str]:
    return {"detail": NOBODY} if happened.stray else {}


def job_id(key: EffectKey) -> str:
    """The job of an effect: the same at every look."""
    return f"job_{hashlib.sha256(key.encode()).hexdigest()[:JOB_CHARS]}"
