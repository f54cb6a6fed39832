"""Counts of a database as figures of a pack."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TypeAlias

from antiphon.core.follow_up import follow_up_status
from antiphon.ports import FollowUpStatus, Tally

Count: TypeAlias = tuple[str, str, str | None, int]  # what, its name, its part, and how many


def tallied(counts: Sequence[Count]) -> Tally:
    """The figures; what there is none of is left out."""
    conversations: Counter[str] = Counter()
    channels: Counter[str] = Counter()
    follow_ups: Counter[FollowUpStatus] = Counter()
    bindings: dict[str, dict[str, int]] = defaultdict(dict)
    totals: Counter[str] = Counter()
    for what, name, part, amount in counts:
        totals[what] += amount
        if what == "conversation":
            conversations[name] += amount
        elif what == "channel":
            channels[name] += amount
        elif what == "follow_up":
            follow_ups[follow_up_status(name, part)] += amount  # type: ignore[arg-type]  # as they are stored
        elif what == "binding" and part is not None:
            bindings[name][part] = amount
    return Tally(
        conversations=dict(conversations),
        channels=dict(channels),
        contacts=totals["contact"],
        follow_ups=dict(follow_ups),
        bindings=dict(bindings),
        open_bindings=totals["open"],
    )
