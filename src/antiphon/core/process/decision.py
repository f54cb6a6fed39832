"""What was decided about a binding, with everything that explains it (promise 9)."""

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from antiphon.core.condition import Condition
from antiphon.core.event import BindingMoved
from antiphon.core.names import RunId
from antiphon.core.process.binding import Binding
from antiphon.core.process.definition import TransitionDef
from antiphon.core.process.trigger import Trigger

WhyStay: TypeAlias = Literal[
    "terminal",  # it has come to its end
    "other_binding",  # a timer of another binding
    "no_map",  # the map of its version is not known here
    "unknown_trigger",  # nothing in the map waits for it
    "other_state",  # something waits for it, but not in this state
    "late_timer",  # it was set in an earlier stay in this state, and another is running since
    "conditions",  # what waits for it here has conditions that are not met
]

_TOLD = 20  # transitions that were considered; a step is read by people
_SHOWN_CHARS = 200  # of what a condition saw; enough to recognise it


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """A condition, and what it saw."""

    condition: Condition
    saw: Any  # None when the field is missing
    missing: bool
    held: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Considered:
    """A transition that waits for the trigger in this state, and was not made."""

    place: int  # in the map, from 0
    transition: TransitionDef
    why_not: Literal["conditions", "later"]  # not met; or it matched no sooner than the one that was made
    looked: tuple[Looked, ...] = ()  # up to the first that did not hold


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A transition is made."""

    binding: Binding  # before it
    trigger: Trigger
    place: int  # of the transition in the map, from 0
    transition: TransitionDef
    is_terminal: bool  # it ends there
    looked: tuple[Looked, ...] = ()
    considered: tuple[Considered, ...] = ()

    @property
    def to_state(self) -> str:
        """Where it leads; perhaps where it was."""
        return self.transition.to_state

    def after(self, run_id: RunId) -> Binding:
        """The binding after the move, which that run makes."""
        stay = self.binding.stay if self.to_state == self.binding.state else run_id
        return replace(self.binding, state=self.to_state, stay=stay, is_terminal=self.is_terminal)

    def event(self, run_id: RunId) -> BindingMoved:
        """The move as it goes on record."""
        return BindingMoved(
            run_id=run_id,
            binding_id=self.binding.id,
            process_type=self.binding.process_type,
            version=self.binding.version,
            from_state=self.binding.state,
            to_state=self.to_state,
            trigger_type=self.trigger.type,
            trigger_value=self.trigger.value,
            transition=self.place,
            description=self.transition.description,
            conditions_met=tuple(shown(looked) for looked in self.looked),
            actions=tuple(action.type for action in self.transition.actions),
            is_terminal=self.is_terminal,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Stay:
    """Nothing happens."""

    binding: Binding
    trigger: Trigger
    reason: WhyStay
    considered: tuple[Considered, ...] = ()


def shown(looked: Looked) -> dict[str, Any]:
    """A condition and what it saw, short enough for a log."""
    facts: dict[str, Any] = {"field": looked.condition.field, "operator": looked.condition.operator}
    if looked.condition.operator not in ("exists", "not_exists"):
        facts["value"] = _short(looked.condition.value)
    if not looked.missing:
        facts["saw"] = _short(looked.saw)
    return facts


def why(decided: Move | Stay) -> dict[str, Any]:
    """A decision explained with plain values, for a step."""
    binding, trigger = decided.binding, decided.trigger
    facts: dict[str, Any] = {
        "binding": binding.id,
        "process": binding.process_type,
        "version": binding.version,
        "state": binding.state,
        "trigger": f"{trigger.type}:{trigger.value}",
    }
    if trigger.state is not None:
        facts["set_in"] = trigger.state
    if isinstance(decided, Move):
        facts |= {"to": decided.to_state, "transition": decided.place, "description": decided.transition.description}
        facts["conditions"] = [shown(looked) for looked in decided.looked]
    else:
        facts["stays"] = decided.reason
    facts["not"] = [_why_not(considered) for considered in decided.considered[:_TOLD]]
    return facts


def _why_not(considered: Considered) -> dict[str, Any]:
    facts: dict[str, Any] = {"transition": considered.place, "to": considered.transition.to_state}
    if considered.why_not == "later":
        return {**facts, "why": "stands later in the file"}
    failed = considered.looked[-1]
    return {**facts, "why": "missing" if failed.missing else "not met", "condition": shown(failed)}


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _SHOWN_CHARS else f"{value[: _SHOWN_CHARS - 1]}…"
    if isinstance(value, list | tuple | dict):
        text = repr(value)
        return value if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
    return value
