"""What came of a turn, in words that two packs can be compared by."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from antiphon.core.event import (
    BindingBegun,
    BindingMoved,
    ConversationEscalated,
    ConversationResolved,
    Decided,
    Event,
    HandedOff,
)
from antiphon.core.names import Facts, Moment
from antiphon.core.process.binding import Binding


@dataclass(frozen=True, kw_only=True, slots=True)
class Promised:
    """An effect of a turn, whether it was kept or only proposed."""

    kind: str
    payload: Facts
    due_at: Moment | None  # None: at once, or nobody knows any more when it was due at first


def lines_of(
    events: Iterable[Event], effects: Iterable[Promised], *, at: Moment, status: str, named: Mapping[str, str]
) -> list[str]:
    """What came of a turn, one line for each thing. `named` says what bindings are called."""
    lines = [line for event in events if (line := _event(event, named))]
    lines += [_effect(effect, at, named) for effect in effects]
    return [*lines, *([f"the run is {status}"] if status in ("escalated", "failed", "awaiting_approval") else [])]


def _event(event: Event, named: Mapping[str, str]) -> str | None:
    match event:
        case Decided(route=route, intent=intent):
            return f"goes to {' → '.join(route) or 'nobody'} as {intent}"
        case BindingBegun(state=state):
            return f"{name_of(event)} begins in {state}"
        case BindingMoved():
            name = named.get(event.binding_id, event.process_type)
            return f"{name}: {event.from_state} → {event.to_state}"
        case ConversationResolved():
            return "the conversation is resolved"
        case ConversationEscalated() | HandedOff():
            return "a person is asked for"
        case _:
            return None


def _effect(effect: Promised, at: Moment, named: Mapping[str, str]) -> str:
    payload = effect.payload
    name = named.get(str(payload.get("binding_id")), "")
    of = f" of {name}" if name else ""
    match effect.kind:
        case "followup":
            what = f"follow-up {payload.get('template')} by {', '.join(payload.get('channels', ()))}"
        case "check":
            what = f"check {payload.get('trigger_type')} {payload.get('trigger_value')}"
        case "backend_update":
            told = _plain(payload.get("payload"))
            what = f"update of the backend {payload.get('endpoint') or '(its own)'} with {told}"
        case kind:
            what = kind
    return f"{what}{of}{_when(effect.due_at, at)}"


def _when(due_at: Moment | None, at: Moment) -> str:
    """How long after the turn; nothing where it is at once or not known."""
    if due_at is None or due_at - at < timedelta(seconds=1):
        return ""
    minutes = round((due_at - at).total_seconds() / 60)
    return f" after {minutes} minutes"


def _plain(facts: Any) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(facts.items())) if isinstance(facts, dict) else ""


def name_of(binding: Binding | BindingBegun) -> str:
    """What a binding is called: its process, and what it is about."""
    return " ".join(filter(None, (binding.process_type, binding.entity_id)))


def names_after(named: Mapping[str, str], events: Iterable[Event]) -> dict[str, str]:
    """What bindings are called, with those that began."""
    return {**named, **{event.binding_id: name_of(event) for event in events if isinstance(event, BindingBegun)}}


def compared(before: Sequence[str], after: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is there no more, and what is new, each in its order; lines that both have cancel out."""
    return tuple(_beyond(before, after)), tuple(_beyond(after, before))


def _beyond(lines: Sequence[str], others: Sequence[str]) -> Iterable[str]:
    left = Counter(others)
    for line in lines:
        if left[line]:
            left[line] -= 1
        else:
            yield line
