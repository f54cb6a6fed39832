"""What a turn does to bindings and follow-ups, for memory stores."""

from collections.abc import Mapping
from dataclasses import replace

from antiphon.core.effect import KeptEffect
from antiphon.core.event import BindingBegun, BindingMigrated, BindingMoved
from antiphon.ports import BindingRecord, Cancel, CompletedTurn
from antiphon.testing.tables import stored


def bindings_after(known: Mapping[str, BindingRecord], turn: CompletedTurn) -> dict[str, BindingRecord]:
    """The bindings that a turn began or moved, as they stand after it."""
    after: dict[str, BindingRecord] = {}
    for event in turn.bindings:
        if isinstance(event, BindingBegun):
            after[event.binding_id] = _begun(turn, event)
        elif (before := after.get(event.binding_id) or known.get(event.binding_id)) is not None:
            after[event.binding_id] = _moved(before, turn, event)
    return after


def _begun(turn: CompletedTurn, event: BindingBegun) -> BindingRecord:
    return BindingRecord(
        id=event.binding_id,
        conversation_id=turn.claim.conversation_id,
        contact_id=turn.claim.contact_id,
        pack=turn.claim.pack,
        process_type=event.process_type,
        version=event.version,
        state=event.state,
        entity_id=event.entity_id,
        entity_type=event.entity_type,
        business_data=stored(event.business_data),
        is_terminal=event.is_terminal,
        created_at=turn.at,
        updated_at=turn.at,
        resolved_at=turn.at if event.is_terminal else None,
    )


def _moved(before: BindingRecord, turn: CompletedTurn, event: BindingMoved | BindingMigrated) -> BindingRecord:
    return replace(
        before,
        version=event.to_version if isinstance(event, BindingMigrated) else event.version,
        state=event.to_state,
        is_terminal=event.is_terminal,
        updated_at=turn.at,
        resolved_at=turn.at if event.is_terminal else None,
    )


def is_cancelled(kept: KeptEffect, cancel: Cancel) -> bool:
    """Whether a follow-up of the turn's conversation is one that is not to be performed any more."""
    return (
        kept.status == "pending"
        and kept.effect.kind in cancel.kinds
        and cancel.binding_id in (None, kept.effect.binding_id)
    )
