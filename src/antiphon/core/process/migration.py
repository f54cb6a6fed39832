"""What a change of the kind `migrate` comes to: the bindings of a conversation go on under another map. Pure.

`value` is the process; its data holds `to`, the identity of the map, and `renamed`, states of before by name to states
of that map. Bindings that cannot go on under it stay under their own, and the step says why.
"""

from typing import Any

from antiphon.core.change import Change
from antiphon.core.names import RunId
from antiphon.core.process.advance import Maps
from antiphon.core.process.binding import Binding
from antiphon.core.process.migrate import Migration, Stuck, plan
from antiphon.core.process.reaction import AGENT, NODE, Reaction, stayed
from antiphon.core.step import Step


def migrated(change: Change, maps: Maps, open_bindings: tuple[Binding, ...], *, run_id: RunId) -> Reaction:
    """The events of the migration, and what is told of it."""
    to = str(change.data.get("to", ""))
    process = maps.get((change.value, to))
    if process is None:
        said = f"the map {to} of {change.value} is not known here"
        return Reaction(facts={"refused": said}, steps=(stayed(said, {"refused": said}),))
    planned = plan(open_bindings, process, renamed=change.data.get("renamed") or {})
    facts = {"migrated": [moved(one) for one in planned.moves], "stuck": [stuck(one) for one in planned.stuck]}
    said = f"{change.value}: {len(planned.moves)} to {to}, {len(planned.stuck)} stuck"
    return Reaction(
        events=tuple(one.event(run_id) for one in planned.moves),
        facts=facts,
        steps=(Step(node=NODE, agent=AGENT, action="migrated", output=said, why=facts),),
    )


def moved(one: Migration) -> dict[str, Any]:
    """A binding that goes on under the map, as plain values."""
    binding = one.binding
    versions = {"from_version": binding.version, "to_version": one.version}
    return {"binding_id": binding.id, **versions, "from": binding.state, "to": one.to_state, "ends": one.ends}


def stuck(one: Stuck) -> dict[str, Any]:
    """A binding that cannot, as plain values."""
    binding = one.binding
    return {"binding_id": binding.id, "version": binding.version, "state": one.state, "reason": one.reason}
