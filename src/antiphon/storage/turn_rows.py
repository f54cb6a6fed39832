"""A committed turn as rows, in the order of the columns that each docstring names. The same on every database."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from antiphon.core.chain import SealedEvent
from antiphon.core.conversation import Conversation
from antiphon.core.effect import keys_of
from antiphon.ports import CompletedTurn
from antiphon.storage.codec import dump, to_micros

Values: TypeAlias = tuple[Any, ...]


def shown(state: Conversation) -> Values:
    """Status, channels, active_channel: what stands beside a snapshot, for lists."""
    return (state.status, dump(state.channels_used), state.active_channel)


def event_rows(events: Sequence[SealedEvent]) -> list[Values]:
    """Sequence, kind, at, payload, key, digest, hash."""
    return [(e.sequence, e.kind, to_micros(e.at), e.payload, e.key, e.digest, e.hash) for e in events]


def step_rows(turn: CompletedTurn) -> list[Values]:
    """Place, node, agent, action, output, why, ms."""
    return [(place, s.node, s.agent, s.action, s.output, dump(s.why), s.ms) for place, s in enumerate(turn.steps)]


def effect_rows(turn: CompletedTurn) -> list[Values]:
    """Key, kind, payload, repeatable, max_attempts, priority, due_at, binding_id."""
    return [
        (
            key,
            effect.kind,
            dump(effect.payload),
            int(effect.repeatable),
            effect.max_attempts,
            effect.priority,
            to_micros(effect.due_at or turn.at),
            effect.binding_id,
        )
        for key, effect in zip(keys_of(turn.claim.run.id, turn.effects), turn.effects, strict=True)
    ]


def lead_rows(turn: CompletedTurn) -> list[Values]:
    """Id, pack, form, values, status."""
    return [(lead.id, turn.claim.pack, lead.form, dump(lead.values), lead.status) for lead in turn.leads]
