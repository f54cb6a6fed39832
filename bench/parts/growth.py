"""(g) Whether a turn costs the same however long the conversation is: time and bytes, in one conversation."""

import sqlite3
from pathlib import Path
from statistics import median
from time import perf_counter

from antiphon.api.autostream.names import PACK, SESSION
from antiphon.core.change import Change
from antiphon.engine.receive import Request
from antiphon.engine.service import Service
from antiphon.sinks.json_files import CONVERSATIONS_FILE
from antiphon.storage.sqlite import STORE_FILE
from antiphon.wiring import open_service
from bench.engine import settings
from bench.line import Line
from bench.messages import MET
from bench.run import Run, complete

TURNS = (10, 100, 1000)
WINDOW = 6 * len(MET)  # turns measured from there on: each message six times, so that windows hold the same


def measure(run: Run) -> list[Line]:
    """Milliseconds and bytes of a turn at turn 10, 100 and 1,000; bytes are those used in the store's pages."""
    return complete(_measure(run, TURNS[:2] if run.quick else TURNS))


async def _measure(run: Run, turns: tuple[int, ...]) -> list[Line]:
    data = run.empty_folder()
    times, sizes = [], []
    async with open_service(settings(run, data)) as service:
        taken = 0
        for turn in turns:
            await _talk(service, taken, turn)
            before = _bytes_used(data / STORE_FILE)
            ms = await _talk(service, turn, turn + WINDOW)
            taken = turn + WINDOW
            times.append(_line("time", turn, median(ms), "ms", "median time"))
            used = (_bytes_used(data / STORE_FILE) - before) / WINDOW
            sizes.append(_line("bytes", turn, used, "bytes", "store"))
    copy = (data / CONVERSATIONS_FILE).stat().st_size / taken
    copied = Line(key="g.copy", label=f"conversations.json, a turn of {taken}", value=copy, unit="bytes")
    return [*times, *sizes, copied]


def _line(what: str, turn: int, value: float, unit: str, label: str) -> Line:
    key, base = f"g.{what}.{turn}", f"g.{what}.{TURNS[0]}"
    return Line(
        key=key,
        label=f"{label}, a turn from turn {turn:,} on",
        value=value,
        unit=unit,
        base=None if key == base else base,
    )


async def _talk(service: Service, start: int, stop: int) -> list[float]:
    """Take the turns of these numbers; how long each took, in milliseconds."""
    ms = []
    for turn in range(start, stop):
        change = Change(kind="message", value=MET[turn % len(MET)])
        began = perf_counter()
        await service.respond(Request(pack=PACK, change=change, space=SESSION, address="g"))
        ms.append((perf_counter() - began) * 1000)
    return ms


def _bytes_used(store: Path) -> int:
    """What rows and indexes fill of the pages, as SQLite accounts for it; free space is left out."""
    db = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    try:
        (used,) = db.execute("SELECT sum(pgsize - unused) FROM dbstat").fetchone()
    except sqlite3.OperationalError:  # a SQLite that was built without the account: whole pages, then
        (used,) = db.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()
    finally:
        db.close()
    return int(used)
