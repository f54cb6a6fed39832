"""Receive: the only door. What it returns is durable."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

from antiphon.core.change import Change
from antiphon.core.names import PackName, RunId
from antiphon.core.run import Accepted, Arrival
from antiphon.engine.engine import Engine
from antiphon.engine.live import show_accepted
from antiphon.ports import ConversationRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a channel brings: who says what to which pack."""

    pack: PackName
    change: Change
    space: str  # the kind of address, e.g. "autostream/session"
    address: str | None  # the person's outside id within it; None: a conversation of its own, named by its run
    idempotency_key: str | None = None
    contact_name: str | None = None  # of a person who was never seen before


def request_to(record: ConversationRecord, change: Change, key: str | None = None) -> Request:
    """A request that reaches a conversation which is known already."""
    return Request(pack=record.pack, change=change, space=record.space, address=record.address, idempotency_key=key)


async def receive(engine: Engine, request: Request, *, run_id: RunId | None = None, claim: bool = False) -> Accepted:
    """Commit a request as a run, and wake whoever works it.

    With `claim` the caller works it: the conversation is claimed in the same transaction when it is free.

    Raises:
        IdempotencyKeyReused: the key came with another request before.
        StoreUnavailable: nothing was accepted.
    """
    accepted = await engine.store.accept(
        _arrival(engine, request, run_id or engine.ids.new()), claim_for=engine.owner if claim else None
    )
    engine.trail.brought(accepted.run.id)
    if accepted.replay:
        return accepted
    await show_accepted(engine, accepted.run)  # before it can be worked, so that news comes in order
    if accepted.claim is None:
        engine.wake_ups.wake(accepted.run.conversation_id)
    return accepted


def _arrival(engine: Engine, request: Request, run_id: RunId) -> Arrival:
    now = engine.clock.now()
    return Arrival(
        run_id=run_id,
        pack=request.pack,
        pack_version=engine.businesses[request.pack].version,
        space=request.space,
        address=request.address or run_id,
        change=_with_origin(engine, request.change),
        contact_id=engine.ids.new(),
        contact_name=request.contact_name,
        conversation_id=engine.ids.new(),
        at=now,
        idempotency_key=request.idempotency_key,
        fingerprint=_fingerprint(request) if request.idempotency_key else None,
        key_since=now - timedelta(seconds=engine.limits.key_seconds) if request.idempotency_key else None,
    )


def _with_origin(engine: Engine, change: Change) -> Change:
    """The change with the request that brings it, so that whoever works it can say which one that was."""
    origin = engine.trail.origin()
    return replace(change, origin=origin) if origin else change


def _fingerprint(request: Request) -> str:
    change = request.change
    return hashlib.sha256(
        repr((request.address, change.kind, change.value, sorted(change.data.items()))).encode()
    ).hexdigest()
