"""State maps: what a process may do, as a business writes it in YAML (CV.21, CV.22).

A map that exists is sound: its states exist, and nothing leads out of a terminal one.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Self, TypeAlias, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from antiphon.core.condition import Condition
from antiphon.core.definition import Definition, Name
from antiphon.core.process.index import Index, index_of

TriggerType: TypeAlias = Literal["intent", "event", "timeout", "manual", "action"]
ActionType: TypeAlias = Literal["enqueue_followup", "update_backend", "resolve", "escalate", "notify", "schedule_check"]
Channel: TypeAlias = Literal["chat", "email", "whatsapp", "voice", "sms"]
Priority: TypeAlias = Literal["low", "medium", "high", "urgent"]

Word = Annotated[str, Field(min_length=1, max_length=200)]  # what a trigger waits for; a backend names its own events
Source = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$|^\*$", max_length=64)]

ANY = "*"  # any state that is not terminal
MAX_MINUTES = 100 * 366 * 24 * 60  # a hundred years; a longer delay is a slip of the pen
CHECK_MINUTES = 60  # after which a check fires that says nothing of when
DIGEST_CHARS = 12  # of a map, in hex; enough to tell the maps of one process apart


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something that does not fit together in a map, and where: a path such as ("transitions", 2, "to_state")."""

    path: tuple[str | int, ...]
    message: str
    unknown: str | None = None  # a state that is not there


class TriggerDef(Definition):
    """What a transition waits for. Without `value` and `values`, anything of its type."""

    type: TriggerType
    value: Word | None = None
    values: tuple[Word, ...] = Field(default=(), max_length=200, description="Any of them.")
    conditions: tuple[Condition, ...] = Field(default=(), max_length=50, description="All of them.")

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The values that fire it; () for any."""
        return self.values or ((self.value,) if self.value is not None else ())


class ActionDef(Definition):
    """What is done when a transition has been made. Which fields count depends on the type."""

    type: ActionType
    template: str | None = Field(default=None, max_length=200, description="What a follow-up says: a reply's name.")
    channel_priority: tuple[Channel, ...] = Field(default=(), description="For a follow-up: the first that works.")
    delay_minutes: Annotated[int, Field(ge=0, le=MAX_MINUTES)] = Field(
        default=0, description=f"Until it is done; a check that says 0 waits {CHECK_MINUTES} minutes."
    )
    backend_endpoint: str | None = Field(default=None, max_length=200, description="For update_backend.")
    backend_payload: dict[str, Any] = Field(default_factory=dict, description="Sent beside what is always sent.")
    priority: Priority = "medium"
    metadata: dict[str, Any] = Field(default_factory=dict, description="`reason`, `target`, `message`, `check_...`.")

    @property
    def check(self) -> tuple[str, str]:
        """For schedule_check: the type and the value of the change that it fires."""
        value = self.metadata.get("check_trigger_value", f"no_response_{self.minutes}m")
        return str(self.metadata.get("check_trigger_type", "timeout")), str(value)

    @property
    def minutes(self) -> int:
        """The delay."""
        return self.delay_minutes or (CHECK_MINUTES if self.type == "schedule_check" else 0)


class TransitionDef(Definition):
    """A way from some states to another."""

    from_states: tuple[Source, ...] = Field(min_length=1, description='"*" is any state that is not terminal.')
    to_state: Name
    description: str = Field(default="", max_length=500)
    trigger: TriggerDef
    actions: tuple[ActionDef, ...] = Field(default=(), max_length=50)

    @property
    def from_any(self) -> bool:
        """Whether it leads out of any state."""
        return ANY in self.from_states


class StateMapDef(Definition):
    """One process. Of several transitions that match, the first in the file is made."""

    process_type: Name
    description: str = ""
    version: str | None = Field(
        default=None, pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]*$", max_length=32, description="Shown before the digest."
    )
    states: tuple[Name, ...] = Field(min_length=1)
    initial_state: Name
    terminal_states: tuple[Name, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict)
    transitions: tuple[TransitionDef, ...] = ()

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if faults := list(_faults(self)):
            said = "; ".join(fault.message for fault in faults[:5])
            raise PydanticCustomError("state_map", "{said}", {"said": said, "faults": faults})
        return self

    @cached_property
    def index(self) -> Index:
        """The transitions by what they wait for."""
        return index_of(self.transitions)

    @cached_property
    def terminal(self) -> frozenset[str]:
        """The states that nothing leads out of."""
        return frozenset(self.terminal_states)

    @cached_property
    def known(self) -> frozenset[str]:
        """All states."""
        return frozenset(self.states)

    def leads_out(self, state: str) -> bool:
        """Whether anything leads from a state to another one. The map's terminal states are not asked."""
        return any(target != state for source in (state, ANY) for target in self._targets.get(source, ()))

    @cached_property
    def _targets(self) -> dict[str, list[str]]:
        """The first states that each state leads to, two of them at most; so many tell whether one is another."""
        targets: dict[str, list[str]] = {}
        for transition in self.transitions:
            for state in transition.from_states:
                found = targets.setdefault(state, [])
                if transition.to_state not in found and len(found) < 2:
                    found.append(transition.to_state)
        return targets

    @cached_property
    def digest(self) -> str:
        """Tells two maps apart, in hex: a hash of all that the map says."""
        # Without defaults and in the order of the alphabet, so that fields which we add or move later change nothing.
        said = self.model_dump(mode="json", exclude={"version"}, exclude_defaults=True)
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:DIGEST_CHARS]

    @cached_property
    def identity(self) -> str:
        """What bindings are pinned to: the digest, behind the declared version if there is one. `2+1f3a9c0b77e1`."""
        return f"{self.version}+{self.digest}" if self.version else self.digest


def _faults(process: StateMapDef) -> Iterator[Fault]:
    known = frozenset(process.states)
    for state, times in Counter(process.states).items():
        if times > 1:
            at = [place for place, name in enumerate(process.states) if name == state][1]
            yield Fault(path=("states", at), message=f"the state `{state}` stands twice")
    if process.initial_state not in known:
        yield _unknown(("initial_state",), process.initial_state)
    for at, state in enumerate(process.terminal_states):
        if state not in known:
            yield _unknown(("terminal_states", at), state)
    terminal = frozenset(process.terminal_states)
    for at, transition in enumerate(process.transitions):
        for fault in _transition_faults(transition, known, terminal):
            yield Fault(path=("transitions", at, *fault.path), message=fault.message, unknown=fault.unknown)


def _transition_faults(transition: TransitionDef, known: frozenset[str], terminal: frozenset[str]) -> Iterator[Fault]:
    for at, state in enumerate(transition.from_states):
        if state != ANY and state not in known:
            yield _unknown(("from_states", at), state)
        elif state in terminal:
            yield Fault(path=("from_states", at), message=f"`{state}` is terminal; nothing leads out of it")
    if transition.to_state not in known:
        yield _unknown(("to_state",), transition.to_state)
    trigger = transition.trigger
    if trigger.value is not None and trigger.values:
        yield Fault(path=("trigger", "values"), message="expected `value` or `values`, not both")
    yield from _action_faults(transition.actions)


def _action_faults(actions: Sequence[ActionDef]) -> Iterator[Fault]:
    for at, action in enumerate(actions):
        if action.type == "schedule_check" and action.check[0] not in get_args(TriggerType):
            types = ", ".join(get_args(TriggerType))
            message = f"a check cannot fire `{action.check[0]}`; expected one of {types}"
            yield Fault(path=("actions", at, "metadata", "check_trigger_type"), message=message)


def _unknown(path: tuple[str | int, ...], state: str) -> Fault:
    return Fault(path=path, message=f"there is no state `{state}`", unknown=state)
