"""The timeline of a dialogue: what came, what was decided and why, what was sent, what is to come."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from antiphon.core.change import EXTRA, OUTREACH_SENT, SPOKEN, Change
from antiphon.core.effect import Effect, KeptEffect, keys_of
from antiphon.core.event import (
    BindingBegun,
    BindingMoved,
    ConversationEscalated,
    ConversationResolved,
    Event,
    HandedOff,
    MessageSent,
    decode,
)
from antiphon.core.names import ConversationId, EffectKey, Moment
from antiphon.core.step import Step
from antiphon.engine.kinds import RULE
from antiphon.ports import Cancel, CompletedTurn, Outgoing
from antiphon.trying.result import short

QUIET = frozenset({"unknown_trigger", "other_binding", "terminal"})  # stays that say nothing to whoever reads along


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line: when, what, and the words."""

    at: Moment
    what: str  # "came", "moved", "sent" ...
    text: str


class Timeline:
    """Lines in the order in which things happen. `starts` is day 1."""

    def __init__(self, starts: date) -> None:
        self.lines: list[Line] = []
        self._starts = starts
        self._bindings: dict[str, str] = {}  # what each is called
        self._waiting: dict[EffectKey, tuple[ConversationId, Effect]] = {}  # what was set and is not settled

    def add(self, at: Moment, what: str, text: str) -> None:
        """One more line."""
        self.lines.append(Line(at=at, what=what, text=text))

    def moment(self, at: Moment) -> str:
        """A moment as dialogues say it: `day 3 14:30`."""
        day = (at.date() - self._starts).days + 1
        return f"day {day} {at:%H:%M}" + (f":{at:%S}" if at.second else "")

    def text(self) -> str:
        """All of it, one line each."""
        return "\n".join(f"{self.moment(line.at):<14} {line.what:<9} {line.text}" for line in self.lines)

    def turn(self, turn: CompletedTurn) -> None:
        """What a turn has decided."""
        for run in turn.claim.runs:
            self.add(turn.at, "came", _came(run.change))
        if turn.outcome.intent and turn.claim.run.change.kind in SPOKEN:
            self.add(turn.at, "means", f"{turn.outcome.intent}, {turn.outcome.confidence or 0:.2f}")
        if turn.outcome.status == "failed":
            self.add(turn.at, "failed", turn.outcome.reason or "")
        outreach = turn.claim.run.change.value == OUTREACH_SENT and turn.claim.run.change.kind == "action"
        for sealed in turn.events:
            # What was sent stands under `sent` already; this turn only puts it on record.
            if sealed.payload is not None and not (outreach and sealed.kind == "message_sent"):
                self._event(turn.at, decode(sealed.kind, sealed.payload))
        for step in turn.steps:
            self._stay(turn.at, step)
        for cancel in turn.cancels:
            self._call_off(turn.at, turn.claim.conversation_id, cancel)
        for key, effect in zip(keys_of(turn.claim.run.id, turn.effects), turn.effects, strict=True):
            self._waiting[key] = turn.claim.conversation_id, effect
            self.add(turn.at, "sets", self._effect(effect, turn.at))

    def _call_off(self, at: Moment, conversation_id: ConversationId, cancel: Cancel) -> None:
        for key, (where, effect) in list(self._waiting.items()):
            of_binding = cancel.binding_id in (None, effect.payload.get("binding_id"))
            if where == conversation_id and effect.kind in cancel.kinds and of_binding:
                del self._waiting[key]
                self.add(at, "calls off", self._called(effect))

    def settled(self, at: Moment, kept: KeptEffect) -> None:
        """What became of an effect that was due."""
        if kept.status != "pending":
            self._waiting.pop(kept.key, None)
        if kept.effect.kind == RULE and kept.status == "done":
            return  # a firing tells nothing by itself; what it found does
        reason = f": {kept.reason}" if kept.reason else ""
        again = f", attempt {kept.attempts}" if kept.attempts > 1 else ""
        later = f" again {self.moment(kept.due_at)}" if kept.status == "pending" else ""
        self.add(at, "due", f"{self._called(kept.effect)}{again} is {kept.status}{later}{reason}")

    def sent(self, at: Moment, channel: str, message: Outgoing) -> None:
        """What a person was written."""
        self.add(at, "sent", f"{channel} to {message.address}: {short(message.text)}")

    def _event(self, at: Moment, event: Event) -> None:
        for what, text in self._told(event):
            self.add(at, what, text)

    def _told(self, event: Event) -> Iterator[tuple[str, str]]:
        match event:
            case BindingBegun():
                name = " ".join(filter(None, (event.process_type, event.entity_id)))
                self._bindings[event.binding_id] = name
                yield "began", f"{name} in {event.state}"
            case BindingMoved():
                name = self._bindings.get(event.binding_id, event.process_type)
                end = ", its end" if event.is_terminal else ""
                yield "moved", f"{name}: {event.from_state} → {event.to_state}{end}"
                because = f"{event.trigger_type} {event.trigger_value}"
                yield "because", f"{because}: {event.description}" if event.description else because
                for condition in event.conditions_met:
                    yield (
                        "as",
                        " ".join(str(condition[name]) for name in ("field", "operator", "value") if name in condition),
                    )
            case ConversationResolved(reason=reason):
                yield "resolved", reason
            case ConversationEscalated(reason=reason) | HandedOff(reason=reason):
                yield "escalated", reason
            case MessageSent(text=text, channel=channel):
                yield "says", f"by {channel}: {short(text)}"
            case _:
                return

    def _stay(self, at: Moment, step: Step) -> None:
        for one in step.why.get("stayed", ()):
            if one["stays"] not in QUIET:
                name = self._bindings.get(one["binding"], one["process"])
                self.add(at, "stays", f"{name} in {one['state']} at {one['trigger']}: {one['stays']}")
        if refused := step.why.get("refused"):
            self.add(at, "refused", str(refused))
        if twin := step.why.get("duplicate_of"):
            self.add(at, "goes on", self._bindings.get(twin, str(step.why.get("process", ""))))

    def _effect(self, effect: Effect, now: Moment) -> str:
        due = effect.due_at or now
        when = "now" if due <= now else f"for {self.moment(due)}, in {_span(due - now)}"
        return f"{self._called(effect)} {when}"

    def _called(self, effect: Effect) -> str:
        payload = effect.payload
        name = self._bindings.get(str(payload.get("binding_id")), "")
        of = f" of {name}" if name else ""
        match effect.kind:
            case "followup":
                return f"follow-up {payload.get('template')}{of}"
            case "check":
                return f"check {payload.get('trigger_type')} {payload.get('trigger_value')}{of}"
            case "backend_update":
                return f"update of the backend ({payload.get('endpoint') or 'update'}){of}"
            case "alert":
                return f"alert to {payload.get('target')}{of}: {payload.get('message')}"
            case "rule_hit":
                return f"wish of the rule {payload.get('rule_id')}"
            case kind:
                return f"{kind}{of}"


def _came(change: Change) -> str:
    if change.kind in SPOKEN:
        return f"{change.kind} by {change.channel}: {short(change.value)}"
    extra = change.data.get(EXTRA) or {}
    facts = ", ".join(f"{name}: {value}" for name, value in extra.items()) if isinstance(extra, dict) else ""
    return f"{change.kind} {change.value}{f' ({facts})' if facts else ''}"


def _span(span: timedelta) -> str:
    """A length of time in days, hours and minutes; `3d 2h`."""
    seconds = round(span.total_seconds())
    parts = ((seconds // 86_400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return " ".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
