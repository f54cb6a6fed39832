"""A state map as a drawing, in Mermaid's language."""

from collections.abc import Iterator

from antiphon.core.process.available import trigger_text
from antiphon.core.process.definition import ANY, StateMapDef, TransitionDef

_RESERVED = frozenset("as class classdef default direction end fork hide join note state style title".split())
_SPECIAL = {"#": "#35;", ";": "#59;", ":": "#58;", '"': "#34;", "<": "#60;", ">": "#62;", "%": "#37;"}


def drawn(process: StateMapDef) -> str:
    """The map as a stateDiagram-v2 with its name above it. Transitions from any state leave one box."""
    return "\n".join(_lines(process)) + "\n"


def _lines(process: StateMapDef) -> Iterator[str]:
    ids = {state: _unused(state, process) if state in _RESERVED else state for state in process.states}
    anywhere = _unused("any_state", process)
    arrows = [
        (anywhere if state == ANY else ids[state], ids[transition.to_state], _label(transition))
        for transition in process.transitions
        for state in _sources(transition, process)
    ]
    yield from ("---", f"title: {process.process_type}", "---", "stateDiagram-v2")
    yield from (f"    {name} : {state}" for state, name in ids.items() if state != name)
    if any(source == anywhere for source, _, _ in arrows):
        yield f"    {anywhere} : any state"
    yield f"    [*] --> {ids[process.initial_state]}"
    yield from (f"    {source} --> {target} : {label}" for source, target, label in arrows)
    yield from (f"    {ids[state]} --> [*]" for state in process.terminal_states)


def _unused(name: str, process: StateMapDef) -> str:
    """A name like this that no state has and that means nothing to Mermaid."""
    while name in process.known or name in _RESERVED:
        name += "_"
    return name


def _sources(transition: TransitionDef, process: StateMapDef) -> tuple[str, ...]:
    leads_out_of_all = process.known - process.terminal <= frozenset(transition.from_states)
    return (ANY,) if transition.from_any or leads_out_of_all else transition.from_states


def _label(transition: TransitionDef) -> str:
    """What fires a transition, whether it asks more than that, and what it does."""
    label = trigger_text(transition.trigger).replace(":", " ", 1).replace("|", " or ")
    if transition.trigger.conditions:
        fields = ", ".join(dict.fromkeys(condition.field for condition in transition.trigger.conditions))
        label += f" if {fields}"
    if transition.actions:
        label += " / " + ", ".join(action.type for action in transition.actions)
    return "".join(_SPECIAL.get(character, character) for character in " ".join(label.split()))
