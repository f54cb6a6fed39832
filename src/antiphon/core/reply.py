"""Replies that somebody has to carry back: to whoever wrote on a channel whose door has answered already."""

from typing import Any, Final

from antiphon.core.change import REPLY_TO
from antiphon.core.effect import Effect
from antiphon.core.names import Moment
from antiphon.core.run import Claim, Outcome

REPLY: Final = "reply"  # the kind of such an effect, and its place in the run: a turn has one reply
ATTEMPTS = 5  # a minute, two, four and eight apart: who wrote still waits


def replies(claim: Claim, outcome: Outcome, at: Moment) -> tuple[Effect, ...]:
    """The effect that carries a turn's reply back, where its message came from a channel that wants one carried.

    Of several messages that were answered together the latest says where to.
    """
    to: Any = claim.run.change.data.get(REPLY_TO)
    if not outcome.reply or not isinstance(to, dict):
        return ()
    payload = {"channel": to.get("channel"), "address": to.get("address"), "text": outcome.reply, "to": to}
    return (Effect(kind=REPLY, payload=payload, due_at=at, max_attempts=ATTEMPTS, priority=10, place=REPLY),)
