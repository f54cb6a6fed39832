"""What turns and erasures do to bindings and follow-ups, as one JSON value: most turns do nothing, and it is null."""

from typing import Any

from antiphon.core.event import BindingBegun
from antiphon.core.names import Tenant
from antiphon.ports import CompletedTurn, Erasure
from antiphon.storage.binding_rows import BINDING_COLUMNS, MOVED_COLUMNS, begun_row, moved_row, record_row
from antiphon.storage.codec import dump
from antiphon.storage.turn_rows import Values


def changed_processes(tenant: Tenant, turn: CompletedTurn) -> str | None:
    """What `antiphon_change_processes` reads."""
    if not (turn.bindings or turn.cancels or turn.closes):
        return None
    begun = [begun_row(turn, one) for one in turn.bindings if isinstance(one, BindingBegun)]
    moved = [
        {"id": one.binding_id, **dict(zip(MOVED_COLUMNS, moved_row(turn, one), strict=True))}
        for one in turn.bindings
        if not isinstance(one, BindingBegun)
    ]
    cancels = [{"kinds": sorted(one.kinds), "binding_id": one.binding_id} for one in turn.cancels]
    return dump(
        {"begun": [_row(tenant, one) for one in begun], "moved": moved, "cancels": cancels, "closes": turn.closes}
    )


def kept_bindings(tenant: Tenant, erasure: Erasure) -> str:
    """What an erasure leaves, as rows."""
    return dump([_row(tenant, record_row(one)) for one in erasure.bindings])


def _row(tenant: Tenant, values: Values) -> dict[str, Any]:
    return {"tenant": tenant, **dict(zip(BINDING_COLUMNS, values, strict=True))}
