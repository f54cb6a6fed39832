"""(q) Lists of a store with many conversations, and the way that the database takes to each."""

from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

from antiphon.clock import SystemClock
from antiphon.ports import BindingQuery, ConversationQuery, FollowUpQuery, Store
from antiphon.storage.process_pages import (
    binding_page,
    binding_values,
    conversation_page,
    conversation_values,
    follow_up_page,
    follow_up_values,
)
from antiphon.storage.process_views import CONTACTS, TALLIES
from antiphon.storage.sqlite import STORE_FILE, open_sqlite
from antiphon.storage.sqlite.store import connect_reader
from antiphon.storage.views import EVENTS as EVENTS_OF
from bench.filled import EVENTS, PACK, TENANT, fill
from bench.line import Line
from bench.load import percentile
from bench.run import Run, complete

Read: TypeAlias = Callable[[Store], Awaitable[object]]
Plan: TypeAlias = tuple[str, dict[str, Any]]  # the text of a query and its values

QUICK = 50  # a hundredth of the conversations is enough to see that everything works
CALLS = 20  # at least, so that a percentile says something


def measure(run: Run) -> list[Line]:
    """Milliseconds of each list."""
    amount = max(run.conversations // (QUICK if run.quick else 1), 100)
    folder = run.empty_folder()
    fill(folder, amount)
    return complete(_lists(run, folder, amount))


async def _lists(run: Run, folder: Path, amount: int) -> list[Line]:
    stores = await open_sqlite(folder, clock=SystemClock())
    try:
        return [await _line(run, folder, stores.tenant(), one) for one in _reads(amount)]
    finally:
        await stores.close()


async def _line(run: Run, folder: Path, store: Store, what: tuple[str, str, Read, Plan]) -> Line:
    key, label, read, plan = what
    took: list[float] = []
    until = perf_counter() + run.seconds / 4
    while len(took) < CALLS or perf_counter() < until:
        began = perf_counter()
        found = await read(store)
        took.append((perf_counter() - began) * 1000)
        assert found, f"{label}: nothing was found"
    took.sort()
    return Line(
        key=f"q.{key}",
        label=label,
        value=sum(took) / len(took),
        unit="ms",
        p50_ms=percentile(took, 0.5),
        p99_ms=percentile(took, 0.99),
        plan=_plan(folder, plan),
    )


def _plan(folder: Path, plan: Plan) -> tuple[str, ...]:
    statement, values = plan
    with closing(connect_reader(folder / STORE_FILE)) as db:
        rows = db.execute(f"EXPLAIN QUERY PLAN {statement}", {**values, "tenant": TENANT}).fetchall()
    return tuple(row["detail"] for row in rows)


def _reads(amount: int) -> list[tuple[str, str, Read, Plan]]:
    middle = f"p-{amount // 2:08}"
    log = EVENTS_OF, {"id": "c-00000001", "after": 0, "limit": 1000}
    invoice = ("invoice", f"INV-{amount // 2}")
    return [
        _conversations("newest", "conversations, the newest 50", ConversationQuery(pack=PACK)),
        _conversations("deep", "conversations, the last page", ConversationQuery(pack=PACK, offset=amount - 50)),
        _conversations("status", "conversations of a rare status", ConversationQuery(pack=PACK, status="escalated")),
        _conversations("channel", "conversations of a rare channel", ConversationQuery(pack=PACK, channel="voice")),
        _bindings("newest", "bindings, the newest 50", BindingQuery(pack=PACK)),
        _bindings("state", "bindings of a state", BindingQuery(pack=PACK, state="confirmed")),
        _bindings(
            "process",
            "bindings of a process and state",
            BindingQuery(pack=PACK, process_type="payment_collection", state="pending"),
        ),
        _bindings("open", "open bindings", BindingQuery(pack=PACK, open_only=True)),
        _bindings("contact", "bindings of a person", BindingQuery(pack=PACK, contact_id=middle)),
        _bindings("entity", "bindings of an invoice", BindingQuery(pack=PACK, entity=invoice)),
        _follow_ups("newest", "follow-ups, the newest 50", FollowUpQuery(pack=PACK)),
        _follow_ups("failed", "follow-ups that failed", FollowUpQuery(pack=PACK, statuses=frozenset({"failed"}))),
        _follow_ups("contact", "follow-ups of a person", FollowUpQuery(pack=PACK, contact_id=middle)),
        _contacts("newest", "people, the newest 50", 0),
        _contacts("deep", "people, the last page", amount - 50),
        ("tally", "all figures of the pack", lambda store: store.tally(PACK), (TALLIES[0], {"pack": PACK})),
        ("events", f"the log of a conversation, {EVENTS} events", _events(amount), log),
    ]


def _conversations(key: str, label: str, query: ConversationQuery) -> tuple[str, str, Read, Plan]:
    plan = conversation_page(query), conversation_values(query)
    return f"conversations.{key}", label, lambda store: store.conversation_list(query), plan


def _bindings(key: str, label: str, query: BindingQuery) -> tuple[str, str, Read, Plan]:
    return f"bindings.{key}", label, lambda store: store.bindings(query), (binding_page(query), binding_values(query))


def _follow_ups(key: str, label: str, query: FollowUpQuery) -> tuple[str, str, Read, Plan]:
    plan = follow_up_page(query), follow_up_values(query)
    return f"follow_ups.{key}", label, lambda store: store.follow_ups(query), plan


def _contacts(key: str, label: str, offset: int) -> tuple[str, str, Read, Plan]:
    plan = CONTACTS, {"limit": 50, "offset": offset}
    return f"contacts.{key}", label, lambda store: store.contacts(offset=offset), plan


def _events(amount: int) -> Read:
    return lambda store: store.events(f"c-{amount // 2:08}")
