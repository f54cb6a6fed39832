"""What decisions about bindings come to: their moves, and all that these ask for.

Pure. Whatever is decided here explains itself in a step (promise 9).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from antiphon.core.effect import Effect, effect_key
from antiphon.core.event import ConversationResolved, Event
from antiphon.core.names import Facts, Moment, RunId
from antiphon.core.process.action import propose, results_of
from antiphon.core.process.decision import Move, Stay, why
from antiphon.core.process.proposed import Check, FollowUp, effects_of, events_of
from antiphon.core.step import Step

AGENT = "process"  # as steps name whoever moves processes
NODE = "advance_process"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reaction:
    """What a change comes to. `facts` are what its caller is told."""

    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    facts: Facts = field(default_factory=dict)
    steps: tuple[Step, ...] = ()


def react(decided: Sequence[Move | Stay], *, run_id: RunId, now: Moment, contact_id: str | None = None) -> Reaction:
    """What follows from decisions about bindings. The effects are the first of their turn: their keys count on it."""
    events: list[Event] = []
    effects: list[Effect] = []
    results: list[dict[str, Any]] = []
    moves = [one for one in decided if isinstance(one, Move)]
    for move in moves:
        proposed = propose(move, run_id=run_id, now=now, contact_id=contact_id)
        events += (move.event(run_id), *(_summed_up(one, move) for one in events_of(proposed, run_id)))
        for result, wish in zip(results_of(move, proposed), proposed, strict=True):
            key = {"followup_id": effect_key(run_id, len(effects))} if isinstance(wish, FollowUp | Check) else {}
            results.append({"binding_id": move.binding.id, **result, **key})
            effects += effects_of((wish,))
    return Reaction(
        events=tuple(events),
        effects=tuple(effects),
        facts={"transitions": [_transition(move) for move in moves], "action_results": results},
        steps=tuple(_steps(decided)),
    )


def _transition(move: Move) -> dict[str, Any]:
    return {
        "binding_id": move.binding.id,
        "process_type": move.binding.process_type,
        "from": move.binding.state,
        "to": move.to_state,
        "transition": f"{move.binding.state} → {move.to_state}",
        "actions": [action.type for action in move.transition.actions],
    }


def _steps(decided: Sequence[Move | Stay]) -> Iterator[Step]:
    """One for each move, and one for all that stay."""
    for one in decided:
        if isinstance(one, Move):
            said = f"{one.binding.process_type}: {one.binding.state} → {one.to_state}"
            yield Step(node=NODE, agent=AGENT, action="moved", output=said, why=why(one))
    stays = [one for one in decided if isinstance(one, Stay)]
    if stays:
        said = ", ".join(f"{one.binding.process_type} in {one.binding.state}" for one in stays)
        yield stayed(said, {"stayed": [why(one) for one in stays]})


def stayed(said: str, reasons: Facts) -> Step:
    """The step of whatever moves nothing."""
    return Step(node=NODE, agent=AGENT, action="stayed", output=said, why=reasons)


def _summed_up(event: Event, move: Move) -> Event:
    """What is settled, in a line, for people and for the lists."""
    if not isinstance(event, ConversationResolved):
        return event
    binding = move.binding
    about = " ".join(part for part in (binding.process_type, binding.entity_type, binding.entity_id) if part)
    return replace(event, summary=f"{about}: {binding.state} → {move.to_state}. {event.reason}")
