"""Transitions that can never fire, because those before them take every case."""

from collections.abc import Iterator
from typing import TypeAlias

from antiphon.core.condition import Condition
from antiphon.core.process.definition import ANY, StateMapDef, TransitionDef

MAX_CASES = 20_000  # states times values of one transition; one with more is left unexamined
MAX_EARLIER = 50  # transitions of one case that are held against a later one

_Case: TypeAlias = tuple[str, str | None, str]  # trigger type, value or None for any, state or "*"
_BELOW = ("lt", "lte")
_ABOVE = ("gt", "gte")


def shadowed(process: StateMapDef) -> Iterator[tuple[int, int]]:
    """The place of each transition that can never fire, with that of one that takes its first case."""
    earlier: dict[_Case, list[int]] = {}
    every = frozenset(process.states) - process.terminal
    for place, transition in enumerate(process.transitions):
        cases = _cases(transition, every)
        if cases is None:
            continue
        takers = [_taker(process, transition, case, earlier) for case in cases]
        if takers and all(taker is not None for taker in takers):
            yield place, next(taker for taker in takers if taker is not None)
            continue
        for case in cases:
            earlier.setdefault(case, []).append(place)


def _cases(transition: TransitionDef, every: frozenset[str]) -> list[_Case] | None:
    """What a transition waits for, state by state; None when that is too much to look at."""
    trigger = transition.trigger
    states = frozenset(transition.from_states)
    sources = [ANY] if transition.from_any or states >= every else sorted(states)
    values: tuple[str | None, ...] = trigger.waits_for or (None,)
    if len(sources) * len(values) > MAX_CASES:
        return None
    return [(trigger.type, value, state) for state in sources for value in dict.fromkeys(values)]


def _taker(process: StateMapDef, transition: TransitionDef, case: _Case, earlier: dict[_Case, list[int]]) -> int | None:
    """The first transition before this one that fires whenever this one would in a case."""
    kind, value, state = case
    wider = dict.fromkeys([case, (kind, None, state), (kind, value, ANY), (kind, None, ANY)])
    found = sorted(place for one in wider for place in earlier.get(one, ())[:MAX_EARLIER])
    conditions = transition.trigger.conditions
    return next((at for at in found if _weaker(process.transitions[at].trigger.conditions, conditions)), None)


def _weaker(first: tuple[Condition, ...], second: tuple[Condition, ...]) -> bool:
    """Whether the first hold whenever the second do, as far as can be seen from how they are written."""
    return all(any(_follows(one, other) for other in second) for one in first)


def _follows(one: Condition, other: Condition) -> bool:
    """Whether one condition follows from another."""
    if one.field != other.field:
        return False
    if one == other or (one.operator == "exists" and other.operator in (*_ABOVE, *_BELOW)):
        return True
    bounds = (one.value, other.value)
    if not all(isinstance(bound, int | float) and not isinstance(bound, bool) for bound in bounds):
        return False
    if one.operator in _ABOVE and other.operator in _ABOVE:
        return bool(other.value > one.value or (other.value == one.value and one.operator == "gte"))
    if one.operator in _BELOW and other.operator in _BELOW:
        return bool(other.value < one.value or (other.value == one.value and one.operator == "lte"))
    return False
