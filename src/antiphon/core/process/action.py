"""From the actions of a move to what it asks for: nothing is done here (CV.28)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from antiphon.core.names import Moment, RunId
from antiphon.core.process.decision import Move
from antiphon.core.process.definition import ActionDef, Channel
from antiphon.core.process.proposed import (
    Alert,
    BackendUpdate,
    Check,
    Escalation,
    FollowUp,
    Proposed,
    Resolution,
)
from antiphon.core.process.trigger import BindingId

FOLLOW_UP_CHANNELS: tuple[Channel, ...] = ("whatsapp", "email")  # unless the action says otherwise


def propose(move: Move, *, run_id: RunId, now: Moment, contact_id: str | None = None) -> tuple[Proposed, ...]:
    """What the actions of a move ask for, in their order. `now` is the time of the move, from which delays count."""
    proposing = _Proposing(move=move, run_id=run_id, now=now, contact_id=contact_id)
    return tuple(_PROPOSE[action.type](proposing, action) for action in move.transition.actions)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Proposing:
    move: Move
    run_id: RunId
    now: Moment
    contact_id: str | None

    @property
    def id(self) -> BindingId:
        return self.move.binding.id

    @property
    def rule_id(self) -> str:
        return f"state:{self.move.binding.process_type}"

    @property
    def position(self) -> dict[str, Any]:
        """Where the process stands, as a backend is told."""
        binding = self.move.binding
        return {
            "process_type": binding.process_type,
            "entity_id": binding.entity_id,
            "entity_type": binding.entity_type,
            "new_state": self.move.to_state,
            "previous_state": binding.state,
            "contact_id": self.contact_id,
        }

    def due(self, action: ActionDef) -> Moment:
        return self.now + timedelta(minutes=action.minutes)

    def follow_up(self, action: ActionDef) -> FollowUp:
        return FollowUp(
            binding_id=self.id,
            rule_id=self.rule_id,
            due_at=self.due(action),
            template=action.template,
            channels=action.channel_priority or FOLLOW_UP_CHANNELS,
            priority=action.priority,
            business_context={**self.move.binding.business_data, **self.position},
            metadata=action.metadata,
        )

    def check(self, action: ActionDef) -> Check:
        trigger_type, trigger_value = action.check
        after = self.move.after(self.run_id)
        return Check(
            binding_id=self.id,
            rule_id=self.rule_id,
            due_at=self.due(action),
            trigger_type=trigger_type,
            trigger_value=trigger_value,
            state=after.state,
            stay=after.stay,
        )

    def backend_update(self, action: ActionDef) -> BackendUpdate:
        return BackendUpdate(
            binding_id=self.id,
            due_at=self.due(action),
            endpoint=action.backend_endpoint,
            payload={**self.position, **action.backend_payload},
        )

    def alert(self, action: ActionDef) -> Alert:
        return Alert(
            binding_id=self.id,
            due_at=self.due(action),
            target=str(action.metadata.get("target", "operator")),
            message=str(action.metadata.get("message", "") or self._happened()),
            metadata=action.metadata,
        )

    def resolution(self, action: ActionDef) -> Resolution:
        return Resolution(binding_id=self.id, reason=self._reason(action))

    def escalation(self, action: ActionDef) -> Escalation:
        return Escalation(binding_id=self.id, reason=self._reason(action))

    def _reason(self, action: ActionDef) -> str:
        return str(action.metadata.get("reason", "") or self._happened())

    def _happened(self) -> str:
        move = self.move
        return move.transition.description or f"{move.binding.process_type}: {move.binding.state} → {move.to_state}"


_PROPOSE: dict[str, Callable[[_Proposing, ActionDef], Proposed]] = {
    "enqueue_followup": _Proposing.follow_up,
    "schedule_check": _Proposing.check,
    "update_backend": _Proposing.backend_update,
    "notify": _Proposing.alert,
    "resolve": _Proposing.resolution,
    "escalate": _Proposing.escalation,
}

_STATUSES: dict[type[Any], str] = {
    FollowUp: "enqueued",
    Check: "scheduled",
    BackendUpdate: "sent",
    Alert: "sent",
    Resolution: "resolved",
    Escalation: "escalated",
}


def results_of(move: Move, proposed: Sequence[Proposed]) -> tuple[dict[str, Any], ...]:
    """What callers are told of each action: its type, its status, and what the contract adds to it."""
    return tuple(
        {"action": action.type, "status": _STATUSES[type(one)], **_told(one)}
        for action, one in zip(move.transition.actions, proposed, strict=True)
    )


def _told(one: Proposed) -> dict[str, Any]:
    if isinstance(one, Alert):
        return {"target": one.target, "message": one.message}
    return {"fires_at": one.due_at.isoformat()} if isinstance(one, Check) else {}
