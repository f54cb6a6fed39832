"""What could move a binding from where it stands, for people and lists."""

from dataclasses import dataclass

from antiphon.core.process.definition import StateMapDef, TriggerDef


@dataclass(frozen=True, kw_only=True, slots=True)
class Available:
    """A way out of a state."""

    trigger: str  # "intent:acknowledged|understood"; the type alone for anything of it
    to_state: str
    description: str
    conditional: bool  # it has conditions, which may not be met


def available(process: StateMapDef, state: str) -> tuple[Available, ...]:
    """The transitions that lead out of a state, in the order of the file; none out of a terminal one."""
    if state in process.terminal:
        return ()
    return tuple(
        Available(
            trigger=trigger_text(transition.trigger),
            to_state=transition.to_state,
            description=transition.description,
            conditional=bool(transition.trigger.conditions),
        )
        for transition in process.transitions
        if transition.from_any or state in transition.from_states
    )


def trigger_text(trigger: TriggerDef) -> str:
    """What a transition waits for, in one word."""
    values = "|".join(trigger.waits_for)
    return f"{trigger.type}:{values}" if values else trigger.type
