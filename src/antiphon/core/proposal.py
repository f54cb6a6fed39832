"""What a turn proposes to commit: whole or not at all."""

from dataclasses import dataclass

from antiphon.core.effect import Effect
from antiphon.core.event import Event
from antiphon.core.lead import Lead
from antiphon.core.run import Outcome
from antiphon.core.step import Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """The result of working a turn. Nothing of it has happened until the store has committed it."""

    outcome: Outcome
    events: tuple[Event, ...]
    steps: tuple[Step, ...] = ()
    effects: tuple[Effect, ...] = ()
    leads: tuple[Lead, ...] = ()
