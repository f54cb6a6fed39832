"""A store of many conversations, filled past the hot path: what lists have to find their way in."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from antiphon.core.conversation import Conversation, Status, Utterance, to_facts
from antiphon.storage.migrate import migrate_sqlite
from antiphon.storage.sqlite import STORE_FILE

Values: TypeAlias = tuple[Any, ...]

TENANT, PACK = "default", "converse"
EVENTS = 10  # of each conversation
BEGAN = 1_750_000_000_000_000  # microseconds; conversations begin a second apart
SECOND = 1_000_000
RARE = 10_000  # one of so many conversations is escalated, was on the channel voice, and has a follow-up that failed
STATUSES: tuple[Status, ...] = ("active", "waiting_response", "resolved", "resolved")
CHANNELS = ("email", "whatsapp", "chat")
STATES = ("pending", "reminded", "confirmed", "closed")
PAYLOAD = orjson.dumps({"run_id": "0" * 36, "channel": "email", "text": "I will pay the invoice by Friday. " * 4})


def fill(folder: Path, conversations: int) -> None:
    """A data folder with that many conversations, as many people and bindings, and twice as many follow-ups."""
    migrate_sqlite(folder / STORE_FILE)
    with closing(sqlite3.connect(folder / STORE_FILE, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        for table, columns, rows in _tables(conversations):
            named = ", ".join(f'"{column}"' for column in columns)
            places = ", ".join("?" * len(columns))
            db.executemany(f"INSERT INTO {table} ({named}) VALUES ({places})", rows)  # noqa: S608 - ours
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def timers(folder: Path, amount: int, due_at: int) -> None:
    """Pending effects on top of it, all due at one moment."""
    columns = (*_EFFECT, "attempts", "due_at", "created_at")
    known = (PACK, "check", "{}", 1, 3, 0, "pending", "", 0, due_at, BEGAN)
    rows = ((TENANT, f"timer-{n}:0", f"timer-{n}", f"c-{n:08}", *known) for n in range(amount))
    with closing(sqlite3.connect(folder / STORE_FILE, isolation_level=None)) as db:
        db.execute("BEGIN")
        places = ", ".join("?" * len(columns))
        db.executemany(f"INSERT INTO effects ({', '.join(columns)}) VALUES ({places})", rows)  # noqa: S608 - ours
        db.execute("COMMIT")


_EFFECT = (
    "tenant",
    "key",
    "run_id",
    "conversation_id",
    "pack",
    "kind",
    "payload",
    "repeatable",
    "max_attempts",
    "priority",
    "status",
    "closed",
)


def _tables(amount: int) -> Iterator[tuple[str, tuple[str, ...], Iterable[Values]]]:
    yield (
        "contacts",
        ("tenant", "id", "created_at", "external_id", "name"),
        ((TENANT, f"p-{n:08}", _at(n), f"C-{n}", f"Person {n}") for n in range(amount)),
    )
    yield (
        "addresses",
        ("tenant", "space", "address", "contact_id"),
        ((TENANT, space, f"{space}-{n}", f"p-{n:08}") for space in ("email", "whatsapp") for n in range(amount)),
    )
    yield "conversations", _CONVERSATION, map(_conversation, range(amount))
    yield (
        "events",
        ("tenant", "conversation_id", "sequence", "kind", "at", "payload", "key", "digest", "hash"),
        (
            (TENANT, f"c-{n:08}", s, "message_received", _at(n) + s, PAYLOAD, _bytes(), _bytes(), _bytes())
            for n in range(amount)
            for s in range(1, EVENTS + 1)
        ),
    )
    yield "bindings", _BINDING, map(_binding, range(amount))
    yield "effects", (*_EFFECT, "attempts", "due_at", "created_at"), map(_effect, range(2 * amount))


_CONVERSATION = (
    "tenant",
    "id",
    "pack",
    "contact_id",
    "pack_version",
    "space",
    "address",
    "state",
    "sequence",
    "head",
    "last_position",
    "worked",
    "fence",
    "created_at",
    "updated_at",
    "status",
    "channels",
    "active_channel",
)
_BINDING = (
    "tenant",
    "id",
    "conversation_id",
    "contact_id",
    "pack",
    "process_type",
    "version",
    "state",
    "entity_id",
    "entity_type",
    "business_data",
    "is_terminal",
    "created_at",
    "updated_at",
)


def _conversation(n: int) -> Values:
    status: Status = "escalated" if n % RARE == 0 else STATUSES[n % len(STATUSES)]
    channel = "voice" if n % RARE == 0 else CHANNELS[n % len(CHANNELS)]
    said = Utterance(role="user", text="I will pay the invoice by Friday, when the money is there.")
    state = Conversation(
        status=status, messages=EVENTS, recent=(said,) * 8, channels_used=(channel,), active_channel=channel
    )
    snapshot = orjson.dumps(to_facts(state)).decode()
    channels = orjson.dumps([channel]).decode()
    place = (TENANT, f"c-{n:08}", PACK, f"p-{n:08}", "1.0", "email", f"email-{n}", snapshot)
    return (*place, EVENTS, _bytes(), 1, 1, 2, _at(n), _at(n), status, channels, channel)


def _binding(n: int) -> Values:
    state = STATES[n % len(STATES)]
    process = ("payment_collection", "order_fulfillment", "feedback_collection")[n % 3]
    ended = int(state in ("confirmed", "closed"))
    entity = ("invoice", f"INV-{n}", '{"amount": 100}')
    who = (TENANT, f"b-{n:08}", f"c-{n:08}", f"p-{n:08}", PACK, process, "1")
    return (*who, state, entity[1], entity[0], entity[2], ended, _at(n), _at(n))


def _effect(n: int) -> Values:
    settled: tuple[tuple[str, str], ...] = (("done", "completed"), ("done", ""), ("cancelled", ""))
    status, closed = ("dead", "") if n % RARE == 0 else settled[n % 3]
    conversation = f"c-{n // 2:08}"
    kind = "check" if n % 4 == 0 else "followup"
    known = (TENANT, f"r-{n:08}:0", f"r-{n:08}", conversation, PACK, kind, '{"template": "reminder"}', 0, 3, 0)
    return (*known, status, closed, 1, _at(n // 2), _at(n // 2))


def _at(n: int) -> int:
    return BEGAN + n * SECOND


def _bytes() -> bytes:
    return os.urandom(32)
