"""What a dialogue has come to, held against what is expected of it."""

from dataclasses import dataclass, field

from antiphon.core.change import OUTREACH_SENT, SENT
from antiphon.core.effect import KeptEffect
from antiphon.core.event import BindingBegun, BindingMigrated, BindingMoved, Event, decode
from antiphon.core.scenario import ExpectStep
from antiphon.ports import CompletedTurn
from antiphon.trying.result import not_said


@dataclass(kw_only=True)
class Seen:
    """Where things stand, and what was sent and told since it was last asked for."""

    states: dict[str, str] = field(default_factory=dict)  # by process type, and by `type id` of its entity
    sent: list[str] = field(default_factory=list)  # templates
    told: list[str] = field(default_factory=list)  # endpoints of the backend
    intent: str | None = None
    reply: str = ""
    _names: dict[str, tuple[str, str]] = field(default_factory=dict)  # by binding: process type and `type id`

    def turn(self, turn: CompletedTurn) -> None:
        """Take note of a turn."""
        for run in turn.claim.runs:
            change = run.change
            if change.kind == "message":
                self.intent, self.reply = turn.outcome.intent, turn.outcome.reply or ""
            if change.kind == "action" and change.value == OUTREACH_SENT and SENT in change.data:
                self.sent.append(change.data[SENT]["template"] or "")
        for sealed in turn.events:
            if sealed.payload is not None:
                self._event(decode(sealed.kind, sealed.payload))

    def settled(self, kept: KeptEffect) -> None:
        """Take note of what became of an effect."""
        if kept.effect.kind == "backend_update" and kept.status == "done":
            self.told.append(kept.effect.payload.get("endpoint") or "update_followup")

    def _event(self, event: Event) -> None:
        match event:
            case BindingBegun(binding_id=binding_id, process_type=process, state=state):
                self._names[binding_id] = process, f"{event.entity_type} {event.entity_id}"
            case (
                BindingMoved(binding_id=binding_id, to_state=state)
                | BindingMigrated(binding_id=binding_id, to_state=state)
            ):
                pass
            case _:
                return
        for name in self._names.get(binding_id, ()):
            self.states[name] = state


def not_seen(expected: ExpectStep, seen: Seen, status: str | None) -> list[str]:
    """What is not as expected. What was asked for as `sent` or `told` is forgotten with that."""
    wrong = [
        f"expected {process} to be {state}; it was {seen.states.get(process, 'not begun')}"
        for process, state in expected.state.items()
        if seen.states.get(process) != state
    ]
    if expected.status is not None and status != expected.status:
        wrong.append(f"expected the conversation to be {expected.status}; it was {status or 'not begun'}")
    if expected.intent is not None and seen.intent != expected.intent:
        wrong.append(f"expected the intent {expected.intent}; it was {seen.intent}")
    if expected.says or expected.not_says:
        wrong += not_said(seen.reply, expected.says, expected.not_says)
    for what, wanted, found in (("sent", expected.sent, seen.sent), ("told", expected.told, seen.told)):
        if wanted is None:
            continue
        if list(wanted) != found:
            wrong.append(f"expected {what} to be {_listed(list(wanted))}; it was {_listed(found)}")
        found.clear()
    return wrong


def _listed(names: list[str]) -> str:
    return f"[{', '.join(names)}]"
