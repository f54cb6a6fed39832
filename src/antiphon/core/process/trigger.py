"""What moves a process, as it happens."""

from dataclasses import dataclass
from typing import TypeAlias

from antiphon.core.process.definition import TriggerType

BindingId: TypeAlias = str  # one instance of a process on a conversation


@dataclass(frozen=True, kw_only=True, slots=True)
class Trigger:
    """An intent that was understood, an event of the backend, a timeout, a word of an operator or of ourselves.

    One that names a binding is seen by that binding alone: a timer of one invoice does not move another's. `state`
    and `stay` say where that timer was set, so that one that is late can be told, see `advance`.
    """

    type: TriggerType
    value: str
    binding_id: BindingId | None = None
    state: str | None = None  # in which the timer was set
    stay: str | None = None  # the run that had brought the binding there
