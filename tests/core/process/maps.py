"""State maps for tests: the three of Converse, small ones, and random ones."""

from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from antiphon.core.process.binding import Binding, begin, begun
from antiphon.core.process.definition import StateMapDef
from antiphon.core.process.trigger import Trigger

CONVERSE = Path(__file__).parents[3] / "packs" / "converse" / "processes"


def converse(name: str) -> StateMapDef:
    """A map of the pack."""
    return StateMapDef.model_validate(yaml.safe_load((CONVERSE / f"{name}.yaml").read_text(encoding="utf-8")))


def state_map(*transitions: dict[str, Any], **given: Any) -> StateMapDef:
    """A map of the states a, b, c and the terminal state end."""
    values: dict[str, Any] = {
        "process_type": "sample",
        "states": ["a", "b", "c", "end"],
        "initial_state": "a",
        "terminal_states": ["end"],
    }
    return StateMapDef.model_validate({**values, **given, "transitions": transitions})


def way(sources: str, to: str, trigger: str, *, when: Any = (), do: Any = (), **given: Any) -> dict[str, Any]:
    """A transition: `way("a b", "c", "intent:yes|ok")`."""
    kind, _, values = trigger.partition(":")
    waits: dict[str, Any] = {"type": kind, "conditions": list(when)}
    if "|" in values:
        waits["values"] = values.split("|")
    elif values:
        waits["value"] = values
    return {"from_states": sources.split(), "to_state": to, "trigger": waits, "actions": list(do), **given}


def where(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    """A condition."""
    return {"field": field, "operator": operator, "value": value}


def bind(process: StateMapDef, state: str | None = None, **given: Any) -> Binding:
    """A binding as it begins."""
    given = {"run_id": "run-0", "binding_id": "b-1", "initial_state": state, **given}
    return begun(begin(process, **given))


def hears(text: str, **given: Any) -> Trigger:
    """A trigger: `hears("event:paid")`."""
    kind, _, value = text.partition(":")
    return Trigger(type=kind, value=value, **given)  # type: ignore[arg-type]  # a type by its name


# Random ones

STATES = ("a", "b", "c", "d", "e")
TYPES = ("intent", "event")  # few of each, so that much happens
VALUES = ("x", "y")
FIELDS = ("amount", "name", "deep.down")

conditions = st.one_of(
    st.builds(where, st.sampled_from(FIELDS), st.sampled_from(["eq", "neq"]), st.sampled_from([1, "ann", None])),
    st.builds(where, st.sampled_from(FIELDS), st.sampled_from(["gt", "gte", "lt", "lte"]), st.integers(0, 3)),
    st.builds(where, st.sampled_from(FIELDS), st.sampled_from(["exists", "not_exists"])),
    st.builds(where, st.sampled_from(FIELDS), st.just("regex"), st.sampled_from(["^a", "n+$"])),
    st.builds(where, st.sampled_from(FIELDS), st.just("in"), st.just([1, "ann"])),
    st.builds(where, st.sampled_from(FIELDS), st.just("contains"), st.sampled_from([1, "n"])),
)
data = st.fixed_dictionaries(
    {},
    optional={
        "amount": st.integers(0, 3) | st.sampled_from(["2", "many", None]),
        "name": st.sampled_from(["ann", "bo", None, 1]),
        "deep": st.sampled_from([{"down": 1}, {"down": "n"}, {}, "flat"]),
    },
)
triggers = st.builds(
    Trigger,
    type=st.sampled_from(TYPES),
    value=st.sampled_from([*VALUES, "unheard"]),
    binding_id=st.sampled_from([None, None, None, "b-1", "b-2"]),
)


@st.composite
def maps(draw: st.DrawFn) -> StateMapDef:
    """A sound map, with terminal states or without."""
    terminal = draw(st.lists(st.sampled_from(STATES[1:]), unique=True, max_size=2))
    leaving = [state for state in STATES if state not in terminal]
    sources = st.lists(st.sampled_from([*leaving, "*"]), min_size=1, max_size=3)
    waits = st.fixed_dictionaries(
        {"type": st.sampled_from(TYPES), "conditions": st.lists(conditions, max_size=2)},
        optional={"values": st.lists(st.sampled_from(VALUES), min_size=1, max_size=2)},
    )
    transition = st.fixed_dictionaries({"from_states": sources, "to_state": st.sampled_from(STATES), "trigger": waits})
    return StateMapDef.model_validate(
        {
            "process_type": "random",
            "states": STATES,
            "initial_state": draw(st.sampled_from(STATES)),
            "terminal_states": terminal,
            "transitions": draw(st.lists(transition, min_size=1, max_size=12)),
        }
    )
