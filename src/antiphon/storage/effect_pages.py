"""Pages of effects: the same SQL on every database.

One part for each status, so that an index gives each part in order, however many effects are done.
"""

from typing import Any

from antiphon.core.effect import STATUSES, EffectStatus
from antiphon.ports import EffectQuery
from antiphon.storage.codec import to_micros

_ORDER = "ORDER BY due_at DESC, key DESC LIMIT :limit"


def page_of(query: EffectQuery) -> str:
    """The text of the query; values stand in it by name."""
    wanted = [status for status in STATUSES if not query.statuses or status in query.statuses]
    parts = " UNION ALL ".join(_part(status, query) for status in wanted)
    return f"SELECT * FROM ({parts}) AS page {_ORDER}"  # noqa: S608 - our own words


def values_of(query: EffectQuery) -> dict[str, Any]:
    """Those values that the text names, but the tenant."""
    values: dict[str, Any] = {"limit": query.limit}
    if query.before:
        values |= {"due_at": to_micros(query.before[0]), "key": query.before[1]}
    if query.kind is not None:
        values["kind"] = query.kind
    return values


def _part(status: EffectStatus, query: EffectQuery) -> str:
    before = "AND (due_at, key) < (:due_at, :key) " if query.before else ""
    kind = "AND (kind = :kind OR substr(kind, 1, length(:kind) + 1) = :kind || ':') " if query.kind is not None else ""
    where = f"WHERE tenant = :tenant AND status = '{status}' {before}{kind}"
    return f"SELECT * FROM (SELECT * FROM effects {where}{_ORDER}) AS {status}"  # noqa: S608 - our own words
