"""Pages of conversations, bindings and follow-ups: the same SQL on every database.

One part for each value that an index has before the time, so that it gives each part in order and the parts are merged
as far as the page goes. What chooses stands in the index too: a row is read when it is shown.
"""

from typing import Any

from antiphon.core.conversation import STATUSES
from antiphon.ports import BindingQuery, ConversationQuery, FollowUpQuery, FollowUpStatus
from antiphon.storage.codec import dump

FOLLOW_UP = "kind IN ('followup', 'check')"  # as the indexes have it
_NEWEST = "ORDER BY created_at DESC, id DESC"
_NEWEST_KEY = "ORDER BY created_at DESC, key DESC"
_NOT_CLOSED = "status = '{}' AND closed = ''"
_PLACES: tuple[tuple[FollowUpStatus, str], ...] = (
    ("scheduled", _NOT_CLOSED.format("pending")),
    ("in_progress", _NOT_CLOSED.format("performing")),
    ("awaiting_reply", _NOT_CLOSED.format("done")),
    ("completed", "status = 'done' AND closed = 'completed'"),
    ("escalated", "status = 'done' AND closed = 'escalated'"),
    ("failed", _NOT_CLOSED.format("dead")),
    ("failed", _NOT_CLOSED.format("parked")),
    ("cancelled", _NOT_CLOSED.format("cancelled")),
)


def conversation_page(query: ConversationQuery) -> str:
    """The text of the query; values stand in it by name."""
    wanted = [f"status = '{status}'" for status in STATUSES if query.status in (None, status)]
    # Exact, and known to every database.
    used = " AND replace(channels, :channel, '') <> channels" if query.channel is not None else ""
    page = _merged("conversations", "id", [f"pack = :pack AND {one}{used}" for one in wanted])
    return _rows("conversations", "id", f"{page} {_NEWEST} LIMIT :limit OFFSET :offset", _NEWEST)


def conversation_values(query: ConversationQuery) -> dict[str, Any]:
    """Those values that the text names, but the tenant."""
    most = query.limit + query.offset
    values: dict[str, Any] = {"pack": query.pack, "limit": query.limit, "offset": query.offset, "most": most}
    return values if query.channel is None else values | {"channel": dump(query.channel)}


def binding_page(query: BindingQuery) -> str:
    """The text of the query; values stand in it by name."""
    conditions = ["pack = :pack"]
    if query.process_type is not None:
        conditions.append("process_type = :process_type")
    if query.state is not None:
        conditions.append("state = :state")
    if query.conversation_id is not None:
        conditions.append("conversation_id = :conversation_id")
    if query.contact_id is not None:
        conditions.append(f"conversation_id = {_CONVERSATION_OF}")
    if query.entity is not None:
        conditions.append("entity_type = :entity_type AND entity_id = :entity_id")
    chosen = " AND ".join(conditions)
    few = query.conversation_id is not None or query.contact_id is not None or query.entity is not None
    ends = ["is_terminal = 0"] if query.open_only else ["is_terminal = 0", "is_terminal = 1"]
    if few or (query.process_type is not None and query.state is not None):
        ends = ["is_terminal < 1"] if query.open_only else ["1 = 1"]  # another index leads there
    page = _merged("bindings", "id", [f"{chosen} AND {end}" for end in ends])
    return _rows("bindings", "id", f"{page} {_NEWEST} LIMIT :limit", _NEWEST)


_CONVERSATION_OF = (
    "(SELECT c.id FROM conversations c WHERE c.tenant = :tenant AND c.contact_id = :contact_id AND c.pack = :pack)"
)


def binding_values(query: BindingQuery) -> dict[str, Any]:
    """Those values that the text names, but the tenant."""
    entity_type, entity_id = query.entity or (None, None)
    values = {
        "process_type": query.process_type,
        "state": query.state,
        "conversation_id": query.conversation_id,
        "contact_id": query.contact_id,
        "entity_type": entity_type,
        "entity_id": entity_id,
    }
    given = {name: value for name, value in values.items() if value is not None}
    return {"pack": query.pack, "limit": query.limit, "most": query.limit, **given}


def follow_up_page(query: FollowUpQuery) -> str:
    """The text of the query; values stand in it by name."""
    wanted = [place for status, place in _PLACES if not query.statuses or status in query.statuses]
    if query.contact_id is None:
        chosen = [f"pack = :pack AND {place}" for place in wanted]
    else:
        chosen = [f"conversation_id = {_CONVERSATION_OF} AND {place}" for place in wanted]
    page = _merged("effects", "key", [f"{one} AND {FOLLOW_UP}" for one in chosen])
    rows = _rows("effects", "key", f"{page} {_NEWEST_KEY} LIMIT :limit", "")
    return (
        f"SELECT e.*, c.contact_id FROM ({rows}) AS e"  # noqa: S608 - our own words
        " JOIN conversations c ON c.tenant = e.tenant AND c.id = e.conversation_id"
        " ORDER BY e.created_at DESC, e.key DESC"
    )


def follow_up_values(query: FollowUpQuery) -> dict[str, Any]:
    """Those values that the text names, but the tenant."""
    values: dict[str, Any] = {"pack": query.pack, "limit": query.limit, "most": query.limit}
    return values if query.contact_id is None else values | {"contact_id": query.contact_id}


def _merged(table: str, key: str, parts: list[str]) -> str:
    """As much of each part as the page may take; without that, PostgreSQL would sort all of them."""
    columns = f"{key}, created_at"
    select = f"SELECT {columns} FROM {table} WHERE tenant = :tenant AND"  # noqa: S608 - our own words
    order = f"ORDER BY created_at DESC, {key} DESC LIMIT :most"
    limited = (f"SELECT * FROM ({select} {part} {order}) AS part_{place}" for place, part in enumerate(parts))  # noqa: S608 - ours
    # The same for no part at all, so that the same values are named.
    return " UNION ALL ".join(limited) or f"{select} pack = :pack AND :most < 0"


def _rows(table: str, key: str, page: str, order: str) -> str:
    order = order.replace("created_at", "r.created_at").replace(f" {key} ", f" r.{key} ")
    return (
        f"SELECT r.* FROM ({page}) AS page JOIN {table} r"  # noqa: S608 - our own words
        f" ON r.tenant = :tenant AND r.{key} = page.{key} {order}"
    ).rstrip()
