"""An effect: a promise to do something at or after a time. It has one key and is kept once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, TypeAlias

from antiphon.core.names import EffectKey, Facts, Moment, RunId

EffectStatus: TypeAlias = Literal["pending", "performing", "done", "dead", "parked", "cancelled"]

UNSETTLED: tuple[EffectStatus, ...] = ("pending", "performing", "dead", "parked")  # somebody has to do something yet

STATUSES: tuple[EffectStatus, ...] = ("pending", "performing", "done", "dead", "parked", "cancelled")

MAX_ATTEMPTS = 3
BACKOFF_SECONDS = 60.0  # doubled at each attempt, so that a short outage is over before the last one
JITTER = 0.2  # of a pause, at most added to it, so that what failed together does not come again together
MAX_PAUSE_SECONDS = 86_400.0  # a day; who asks for a longer pause is not believed


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What a turn promised. The store adds key, status and times."""

    kind: str  # who performs it: "notify", "send", ...
    payload: Facts = field(default_factory=dict)
    due_at: Moment | None = None  # None: as soon as the turn has committed
    repeatable: bool = False  # the other side recognises the key, so an unknown outcome may be tried again
    max_attempts: int = MAX_ATTEMPTS
    priority: int = 0  # higher first
    place: str | None = None  # its name within the run; None: its number among the turn's effects, from 0
    binding_id: str | None = None  # of the process that asked for it, and whose end cancels it


def effect_key(run_id: RunId, place: int | str) -> EffectKey:
    """The key of the effect at a place of a run: the same however often the run is worked.

    An effect that stands behind a varying number of others has a name for its place, which no number is.
    """
    return f"{run_id}:{place}"


def keys_of(run_id: RunId, effects: Sequence[Effect]) -> list[EffectKey]:
    """The keys of a turn's effects, in their order."""
    return [effect_key(run_id, number if one.place is None else one.place) for number, one in enumerate(effects)]


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptEffect:
    """An effect as the store keeps it."""

    key: EffectKey
    run_id: RunId
    conversation_id: str
    effect: Effect
    status: EffectStatus
    due_at: Moment
    attempts: int  # how often it was begun
    reason: str | None = None  # why it is dead or parked, or why the last attempt failed
    abandoned: bool = False  # the performer of the attempt before this one died without saying how it went
    settled_at: Moment | None = None  # when it was done, dead, parked or cancelled
    detail: Facts = field(default_factory=dict)  # of the latest attempt: channel, delivery


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempted:
    """What became of one attempt, as its performer saw it."""

    outcome: Literal["done", "failed", "unknown"]
    reason: str | None = None  # for failed and unknown
    retry: bool = True  # whether a failure may pass with time
    retry_after: float | None = None  # seconds that the other side asks us to wait
    detail: Facts = field(default_factory=dict)  # what lists show of it: channel, delivery


def pause_seconds(attempts: int, backoff: float = BACKOFF_SECONDS, chance: float = 0.0) -> float:
    """How long to wait after so many attempts; `chance` (0 to 1) says how much is added to it."""
    doubled = min(backoff * 2.0 ** min(attempts - 1, 30), MAX_PAUSE_SECONDS)
    return doubled * (1 + JITTER * chance)


def settle(
    kept: KeptEffect, attempted: Attempted, now: Moment, *, backoff: float = BACKOFF_SECONDS, chance: float = 0.0
) -> KeptEffect:
    """Where an effect stands after an attempt.

    Done stays done. A failure is tried again after `backoff` seconds x 2^n, or when the other side asks us to if that
    is later, until `max_attempts`; then it is dead. An unknown outcome is tried again only where the other side
    recognises the key; otherwise it is parked for a person.
    """
    kept = replace(kept, detail=attempted.detail, settled_at=now)
    if attempted.outcome == "done":
        return replace(kept, status="done", reason=None)
    if attempted.outcome == "unknown" and not kept.effect.repeatable:
        return replace(kept, status="parked", reason=attempted.reason)
    if not attempted.retry or kept.attempts >= kept.effect.max_attempts:
        return replace(kept, status="dead", reason=attempted.reason)
    pause = pause_seconds(kept.attempts, backoff, chance)
    if attempted.retry_after is not None and attempted.retry_after <= MAX_PAUSE_SECONDS:
        pause = max(pause, attempted.retry_after)
    due_at = now + timedelta(seconds=pause)
    return replace(kept, status="pending", due_at=due_at, reason=attempted.reason, settled_at=None)
