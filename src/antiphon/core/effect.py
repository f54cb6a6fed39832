"""An effect: a promise to do something at or after a time. It has one key and is kept once."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, TypeAlias

from antiphon.core.names import EffectKey, Facts, Moment, RunId

EffectStatus: TypeAlias = Literal["pending", "performing", "done", "dead", "parked", "cancelled"]

MAX_ATTEMPTS = 3
BACKOFF_SECONDS = 60  # doubled at each attempt, so that a short outage is over before the last one


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What a turn promised. The store adds key, status and times."""

    kind: str  # who performs it: "notify", "send", ...
    payload: Facts = field(default_factory=dict)
    due_at: Moment | None = None  # None: as soon as the turn has committed
    repeatable: bool = False  # the other side recognises the key, so an unknown outcome may be tried again
    max_attempts: int = MAX_ATTEMPTS
    priority: int = 0  # higher first


def effect_key(run_id: RunId, place: int) -> EffectKey:
    """The key of the effect at `place` (from 0) of a run: the same however often the run is worked."""
    return f"{run_id}:{place}"


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempted:
    """What became of one attempt, as its performer saw it."""

    outcome: Literal["done", "failed", "unknown"]
    reason: str | None = None  # for failed and unknown
    retry: bool = True  # whether a failure may pass with time


def settle(kept: KeptEffect, attempted: Attempted, now: Moment) -> KeptEffect:
    """Where an effect stands after an attempt.

    Done stays done. A failure is tried again after 60 s x 2^n until `max_attempts`, then it is dead. An unknown
    outcome is tried again only where the other side recognises the key; otherwise it is parked for a person.
    """
    if attempted.outcome == "done":
        return replace(kept, status="done", reason=None)
    if attempted.outcome == "unknown" and not kept.effect.repeatable:
        return replace(kept, status="parked", reason=attempted.reason)
    if not attempted.retry or kept.attempts >= kept.effect.max_attempts:
        return replace(kept, status="dead", reason=attempted.reason)
    wait = timedelta(seconds=BACKOFF_SECONDS * 2 ** (kept.attempts - 1))
    return replace(kept, status="pending", due_at=now + wait, reason=attempted.reason)
