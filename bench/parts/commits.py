"""(d) What the disk allows, what SQLite makes of it, and what the store makes of that."""

import os
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter

from antiphon.api.autostream.names import PACK, SESSION
from antiphon.core.change import Change
from antiphon.core.event import Decided, KnowledgeConsulted, MessageSent, received
from antiphon.core.proposal import Proposal
from antiphon.core.run import Claim, Outcome
from antiphon.core.step import Step
from antiphon.engine.complete import complete as seal
from antiphon.engine.engine import Engine
from antiphon.engine.receive import Request, receive
from bench.callers import call
from bench.engine import idle_engine
from bench.line import Line
from bench.load import percentile
from bench.messages import MET
from bench.run import CONNECTIONS, Run, complete

PAGE = bytes(4096)  # what a small commit appends to the log of writes
REPLY = "Pro is $79/month. It has unlimited videos, 4K resolution, AI captions and 24/7 support."
VERSIONS = {"pack": "1.0+00000000", "model": "local", "engine": "bench"}

Transact = Callable[[Engine, int, int], Awaitable[object]]  # an engine, the caller and the number of its call


def measure(run: Run) -> list[Line]:
    """From the disk upwards."""
    return [
        _flushes(run),
        _raw_commits(run),
        *(complete(_through_store(run, callers, "row", _row)) for callers in CONNECTIONS),
        *(complete(_through_store(run, callers, "turn", _turn)) for callers in CONNECTIONS),
    ]


def _flushes(run: Run) -> Line:
    path = run.empty_folder() / "flushed"
    with path.open("wb", buffering=0) as file:

        def flush() -> None:
            file.write(PAGE)
            os.fsync(file.fileno())

        return _timed(run, flush, key="d.fsync", label="fsync of 4 KiB appended to a file")


def _raw_commits(run: Run) -> Line:
    db = _database(run.empty_folder() / "raw.db")

    def commit() -> None:
        db.execute("INSERT INTO rows (text) VALUES ('a row')")

    try:
        return _timed(run, commit, key="d.raw", label="raw sqlite3, one row a commit")
    finally:
        db.close()


def _database(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT)")
    return db


def _timed(run: Run, work: Callable[[], object], *, key: str, label: str) -> Line:
    began, ms = perf_counter(), list[float]()
    while (sent_at := perf_counter()) < began + run.seconds:
        work()
        ms.append((perf_counter() - sent_at) * 1000)
    rate = len(ms) / (perf_counter() - began)
    ms.sort()
    p50_ms, p99_ms = percentile(ms, 0.5), percentile(ms, 0.99)
    return Line(key=key, label=label, value=rate, unit="/s", p50_ms=p50_ms, p99_ms=p99_ms)


async def _through_store(run: Run, callers: int, name: str, transact: Transact) -> Line:
    async with idle_engine(run) as engine:
        called = await call(callers, run.seconds, lambda caller, number: transact(engine, caller, number))
    what = {"row": "store, one row", "turn": "store, a turn (accept, seal, commit)"}[name]
    return Line(
        key=f"d.{name}.{callers}",
        label=f"{what}, {callers} caller{'s' * (callers > 1)}",
        value=called.rate,
        unit="/s",
        p50_ms=called.p50_ms,
        p99_ms=called.p99_ms,
        base="d.raw",
    )


async def _row(engine: Engine, caller: int, _: int) -> None:
    await engine.store.next_number(f"bench-{caller}")


async def _turn(engine: Engine, caller: int, number: int) -> None:
    change = Change(kind="message", value=MET[number % len(MET)])
    request = Request(pack=PACK, change=change, space=SESSION, address=f"d-{caller}")
    accepted = await receive(engine, request, claim=True)
    assert accepted.claim, "nobody else works this conversation"
    await engine.store.commit(seal(engine, accepted.claim, _proposal(accepted.claim), VERSIONS, yields=False))


def _proposal(claim: Claim) -> Proposal:
    """As large as an answer from the knowledge base usually is."""
    run_id = claim.run.id
    why = {"ranked": [["product_inquiry", 0.9731], ["high_intent", 0.0164]], "scope": [1.2051, 0.7313]}
    passages = tuple({"id": f"faq-{place}", "score": 0.8012} for place in range(5))
    return Proposal(
        outcome=Outcome(status="completed", reply=REPLY, intent="product_inquiry", confidence=0.9731),
        events=(
            *received(run_id, claim.run.change),
            Decided(
                run_id=run_id,
                rule="follows_intent",
                intent="product_inquiry",
                confidence=0.9731,
                route=("product_expert",),
                why=why,
                versions=VERSIONS,
            ),
            KnowledgeConsulted(run_id=run_id, query=claim.run.change.value, band="answer", passages=passages),
            MessageSent(run_id=run_id, channel="chat", text=REPLY),
        ),
        steps=tuple(Step(node=f"node-{place}", agent="bench", action="answer", why=why, ms=0.1) for place in range(3)),
    )
