"""Notices: what others are told of a turn, as effects that are committed with it. CloudEvents 1.0, without content.

A notice names what happened and where to ask for more. What a person wrote, and what was answered, is not in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from antiphon.core.effect import Effect
from antiphon.core.lead import Lead
from antiphon.core.names import Facts, Moment
from antiphon.core.run import Claim, Outcome

NoticeType: TypeAlias = Literal["run.completed", "run.escalated", "lead.captured"]

NOTICE_TYPES: tuple[NoticeType, ...] = ("run.completed", "run.escalated", "lead.captured")
KIND = "notify"  # of the effects; each receiver's are of a kind below it


@dataclass(frozen=True, kw_only=True, slots=True)
class Receiver:
    """Who is told. Its address is known to whoever performs the effect, and stands nowhere else."""

    id: str  # the same for the same address
    host: str  # for people

    @property
    def kind(self) -> str:
        """The kind of the effects for this receiver: a slow one holds up its own only."""
        return f"{KIND}:{self.host}:{self.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """Who is told of what."""

    receivers: tuple[Receiver, ...] = ()
    types: frozenset[NoticeType] = frozenset(NOTICE_TYPES)
    attempts: int = 8  # with pauses of 60 s, doubled: some two hours


NOBODY = Subscription()


def notices(wanted: Subscription, claim: Claim, outcome: Outcome, leads: Sequence[Lead], at: Moment) -> list[Effect]:
    """What a turn tells, one effect for each notice and receiver.

    Each has a name for its place in the run, so that its key is the same however often the run is worked, whatever
    else is promised and whoever else is told.
    """
    if not wanted.receivers:
        return []
    return [
        Effect(
            kind=receiver.kind,
            payload={"event": event},
            repeatable=True,  # a receiver knows a repeat by its webhook-id
            max_attempts=wanted.attempts,
            place=f"{name}:{receiver.id}",
        )
        for name, event in _events(wanted.types, claim, outcome, leads, at)
        for receiver in wanted.receivers
    ]


def _events(
    types: frozenset[NoticeType], claim: Claim, outcome: Outcome, leads: Sequence[Lead], at: Moment
) -> Iterator[tuple[str, Facts]]:
    """Each notice with its name within the run."""
    told = _ENDS.get(outcome.status)
    if told is not None and told in types:
        name = told.replace(".", "-")
        yield name, _event(told, claim, name, claim.run.id, _ended(claim, outcome), at)
    if "lead.captured" in types:
        for lead in leads:
            name = f"lead-captured:{lead.id}"
            yield name, _event("lead.captured", claim, name, lead.id, _captured(claim, lead), at)


_ENDS: dict[str, NoticeType] = {"completed": "run.completed", "escalated": "run.escalated"}


def _event(told: NoticeType, claim: Claim, name: str, subject: str, data: Facts, at: Moment) -> Facts:
    """A CloudEvent in its structured form."""
    return {
        "specversion": "1.0",
        "id": f"{claim.run.id}:{name}",
        "source": f"/packs/{claim.pack}",
        "type": told,
        "subject": subject,
        "time": at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": data,
    }


def _ended(claim: Claim, outcome: Outcome) -> Facts:
    return {
        "run_id": claim.run.id,
        "merged_run_ids": [run.id for run in claim.runs[:-1]],  # the same turn answered these
        "conversation_id": claim.conversation_id,
        "pack": claim.pack,
        "status": outcome.status,
        "intent": outcome.intent,
        "confidence": outcome.confidence,
        "reason": outcome.reason,
    }


def _captured(claim: Claim, lead: Lead) -> Facts:
    return {
        "lead_id": lead.id,
        "form": lead.form,
        "run_id": claim.run.id,
        "conversation_id": claim.conversation_id,
        "pack": claim.pack,
        "status": lead.status,
    }
