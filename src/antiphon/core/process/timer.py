"""From a check that is due to the change that it brings, and from any change to what processes see of it."""

from typing import Any, get_args

from antiphon.core.change import Change
from antiphon.core.names import Facts
from antiphon.core.process.definition import TriggerType
from antiphon.core.process.trigger import Trigger

SCHEDULED_CHECK = "scheduled_check"  # under which the data of a change holds the check that brought it
_OURS = ("binding_id", "trigger_type", "state", "stay")


def change_of(payload: Facts) -> Change:
    """The change of a check that is due, from the payload of its effect. It takes the one path of all changes."""
    check = {name: payload[name] for name in _OURS}
    return Change(kind="timeout", value=payload["trigger_value"], data={SCHEDULED_CHECK: check})


def trigger_of(change: Change) -> Trigger | None:
    """What processes see of a change; None of words and forms, which move them by the intent that is understood.

    Nor do those that are open see that another one begins.

    Data that claims to be a check and is none is taken for plain data: it comes from outside.
    """
    match change.kind:
        case "message" | "form" | "begin" | "migrate":
            return None
        case kind:
            return _trigger_of(kind, change)


def _trigger_of(kind: TriggerType, change: Change) -> Trigger:
    check: Any = change.data.get(SCHEDULED_CHECK) if kind == "timeout" else None
    if not isinstance(check, dict) or not all(isinstance(check.get(name), str) for name in _OURS):
        return Trigger(type=kind, value=change.value)
    if check["trigger_type"] not in get_args(TriggerType):
        return Trigger(type=kind, value=change.value)
    return Trigger(
        type=check["trigger_type"],
        value=change.value,
        binding_id=check["binding_id"],
        state=check["state"],
        stay=check["stay"],
    )
