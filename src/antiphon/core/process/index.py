"""The transitions of a map by what they wait for, made once for a map."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from antiphon.core.condition import Condition

if TYPE_CHECKING:  # a map holds its index
    from antiphon.core.process.definition import TransitionDef


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A transition, with what deciding needs at hand."""

    place: int  # in the map, from 0
    transition: "TransitionDef"
    sources: frozenset[str] | None  # None: any state
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """Rules by trigger, each list in the order of the file."""

    by_value: dict[tuple[str, str], tuple[Rule, ...]]  # with those that wait for any value of the type
    any_value: dict[str, tuple[Rule, ...]]

    def waiting_for(self, type: str, value: str) -> tuple[Rule, ...]:  # noqa: A002 - a trigger's own word
        """The rules that a trigger of this type and value could fire, in whatever state."""
        found = self.by_value.get((type, value))
        return found if found is not None else self.any_value.get(type, ())


def index_of(transitions: Iterable["TransitionDef"]) -> Index:
    """The index of a map's transitions."""
    rules = [
        Rule(
            place=place,
            transition=transition,
            sources=None if transition.from_any else frozenset(transition.from_states),
            conditions=transition.trigger.conditions,
        )
        for place, transition in enumerate(transitions)
    ]
    any_value: dict[str, list[Rule]] = {}
    by_value: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        trigger = rule.transition.trigger
        for value in dict.fromkeys(trigger.waits_for):
            by_value.setdefault((trigger.type, value), []).append(rule)
        if not trigger.waits_for:
            any_value.setdefault(trigger.type, []).append(rule)
    merged = {
        key: tuple(sorted((*found, *any_value.get(key[0], ())), key=lambda rule: rule.place))
        for key, found in by_value.items()
    }
    return Index(by_value=merged, any_value={name: tuple(found) for name, found in any_value.items()})
