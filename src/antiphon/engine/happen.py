"""Happen: the business's own system tells of an event. Processes about its entity move, and rules are asked (CV.2)."""

import asyncio
from dataclasses import dataclass
from typing import Any

from antiphon.core.change import ENTITY, EXTRA, Change
from antiphon.core.errors import TurnFailed, TurnStillWaiting
from antiphon.core.names import ConversationId, EffectKey, Facts, PackName, RunId
from antiphon.core.rule import RuleHit, RuleMiss, consider
from antiphon.engine.engine import Engine
from antiphon.engine.kinds import STRAY_EVENT
from antiphon.engine.receive import request_to
from antiphon.engine.rules import Ask, RuleResult, follow
from antiphon.engine.transition import Transition, transitions_of
from antiphon.ports import BindingQuery, Promise

CONCERNED = 1000  # bindings that are about one entity, at most


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfinished:
    """A conversation where the event is accepted, and what it comes to is not known yet, or was a failure of ours."""

    conversation_id: ConversationId
    run_id: RunId
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Happened:
    """What an event came to."""

    event: str
    concerned: int  # open bindings that are about its entity
    results: tuple[Transition | RuleResult, ...]  # what moved, then what rules did
    missed: tuple[RuleMiss, ...]  # rules of this event that wanted nothing, and why
    unfinished: tuple[Unfinished, ...]
    stray: EffectKey | None  # under which it is on record when it concerned nobody


async def happen(
    engine: Engine, ask: Ask, pack: PackName, event_name: str, data: Facts, *, key: str | None = None
) -> Happened:
    """Each conversation with a process about the entity gets the event as a change; then the rules of the event.

    With a key, what was accepted under it before is not done again.

    Raises:
        BackendError: a rule wants something of a contact that nobody here knows, and the backend cannot be asked.
        StoreUnavailable: not all of it was accepted; say it again, with the same key.
    """
    key = key or f"event:{engine.ids.new()}"
    entity = _entity(data)
    concerned = await _concerned(engine, pack, entity)
    moved, unfinished = await _put(
        engine, ask, Change(kind="event", value=event_name, data={EXTRA: dict(data), ENTITY: entity}), concerned, key
    )
    considered = [consider(rule, data, event=event_name) for rule in engine.businesses[pack].rules]
    hits = [one for one in considered if isinstance(one, RuleHit)]
    results = await follow(engine, ask, pack, hits, key)
    stray = None if concerned or hits else await _keep(engine, pack, event_name, data, key)
    return Happened(
        event=event_name,
        concerned=sum(concerned.values()),
        results=(*moved, *results),
        missed=tuple(
            one for one in considered if isinstance(one, RuleMiss) and one.rule.trigger.event_name == event_name
        ),
        unfinished=tuple(unfinished),
        stray=stray,
    )


def _entity(data: Facts) -> list[str] | None:
    """Type and id of what the event is about, as they are compared with those of bindings."""
    kind, name = data.get("entity_type"), data.get("entity_id")
    known = isinstance(kind, str) and isinstance(name, str | int) and not isinstance(name, bool)
    return [str(kind), str(name)] if known and kind and str(name) else None


async def _concerned(engine: Engine, pack: PackName, entity: list[str] | None) -> dict[ConversationId, int]:
    """How many open bindings about it each conversation has."""
    if entity is None:
        return {}
    query = BindingQuery(pack=pack, entity=(entity[0], entity[1]), open_only=True, limit=CONCERNED)
    counted: dict[ConversationId, int] = {}
    for binding in await engine.store.bindings(query):
        counted[binding.conversation_id] = counted.get(binding.conversation_id, 0) + 1
    return counted


async def _put(
    engine: Engine, ask: Ask, change: Change, conversations: dict[ConversationId, int], key: str
) -> tuple[list[Transition], list[Unfinished]]:
    """The change, put to each of these conversations, side by side."""

    async def one(conversation_id: ConversationId) -> tuple[Transition, ...] | Unfinished:
        record = await engine.store.conversation(conversation_id)
        if record is None:
            return ()
        try:
            return transitions_of(await ask(request_to(record, change, f"{key}:{conversation_id}")))
        except (TurnStillWaiting, TurnFailed) as error:
            return Unfinished(conversation_id=conversation_id, run_id=error.run_id, reason=str(error))

    found: list[Any] = await asyncio.gather(*map(one, conversations))
    moved = [move for moves in found if not isinstance(moves, Unfinished) for move in moves]
    return moved, [one for one in found if isinstance(one, Unfinished)]


async def _keep(engine: Engine, pack: PackName, event_name: str, data: Facts, key: str) -> EffectKey:
    """An event that concerned nobody goes on record, among the effects."""
    name = f"stray:{key}"
    payload = {"pack": pack, "event": event_name, "data": dict(data)}
    promise = Promise(key=name, kind=STRAY_EVENT, payload=payload, due_at=engine.clock.now())
    await engine.store.promise((promise,))
    return name
