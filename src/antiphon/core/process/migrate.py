"""Taking bindings to another version of their map: what would move where, and what could not.

A binding is pinned to the map that it began under. Nothing here moves one by itself: a plan is made, looked at, and
then put on record as events.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from antiphon.core.event import BindingMigrated
from antiphon.core.names import RunId
from antiphon.core.process.binding import Binding
from antiphon.core.process.definition import StateMapDef

WhyStuck: TypeAlias = Literal["state_gone", "nothing_leads_out"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """A binding that can go on under the map."""

    binding: Binding
    version: str  # of the map that it goes on under
    to_state: str  # another one when the state was renamed
    ends: bool  # that state is terminal in the map: the binding would be at its end

    def event(self, run_id: RunId) -> BindingMigrated:
        """The migration as it goes on record."""
        return BindingMigrated(
            run_id=run_id,
            binding_id=self.binding.id,
            process_type=self.binding.process_type,
            from_version=self.binding.version,
            to_version=self.version,
            from_state=self.binding.state,
            to_state=self.to_state,
            is_terminal=self.ends,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Stuck:
    """A binding that cannot go on under the map; it goes on under its own."""

    binding: Binding
    state: str  # that it would be in
    reason: WhyStuck


@dataclass(frozen=True, kw_only=True, slots=True)
class MigrationPlan:
    """Every open binding of the process, once."""

    moves: tuple[Migration, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    unchanged: tuple[Binding, ...] = ()  # under that map already


def plan(
    bindings: Iterable[Binding], process: StateMapDef, *, renamed: Mapping[str, str] | None = None
) -> MigrationPlan:
    """What would become of open bindings under another map of their process. Others are left out.

    `renamed` maps states of before to states of the map. A binding keeps its stay, and with it its timers.
    """
    moves: list[Migration] = []
    stuck: list[Stuck] = []
    unchanged: list[Binding] = []
    for binding in bindings:
        if binding.is_terminal or binding.process_type != process.process_type:
            continue
        if binding.version == process.identity:
            unchanged.append(binding)
            continue
        state = (renamed or {}).get(binding.state, binding.state)
        reason = _stuck(process, state)
        if reason:
            stuck.append(Stuck(binding=binding, state=state, reason=reason))
        else:
            moves.append(
                Migration(binding=binding, version=process.identity, to_state=state, ends=state in process.terminal)
            )
    return MigrationPlan(moves=tuple(moves), stuck=tuple(stuck), unchanged=tuple(unchanged))


def _stuck(process: StateMapDef, state: str) -> WhyStuck | None:
    if state not in process.known:
        return "state_gone"
    if state in process.terminal or process.leads_out(state):
        return None
    return "nothing_leads_out"
