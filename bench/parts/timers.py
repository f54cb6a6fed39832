"""(r) Effects that wait for a time: what they cost until then, and how quickly they are taken when it has come."""

import asyncio
from datetime import datetime
from pathlib import Path
from time import perf_counter, process_time

from antiphon.clock import SystemClock
from antiphon.core.effect import Attempted, settle
from antiphon.ports import Store
from antiphon.storage.codec import to_micros, to_moment
from antiphon.storage.sqlite import open_sqlite
from bench.filled import BEGAN, fill, timers
from bench.line import Line
from bench.run import Run, complete

TIMERS = 100_000
QUICK = 50
TAKEN = 64  # at once
DUE = to_moment(BEGAN + 10**15)  # some thirty years later


def measure(run: Run) -> list[Line]:
    """A look for what is due while nothing is, and timers per second that are taken and settled when all are."""
    amount = TIMERS // (QUICK if run.quick else 1)
    folder = run.empty_folder()
    fill(folder, 100)
    timers(folder, amount, to_micros(DUE))
    return complete(_measured(run, folder, amount))


async def _measured(run: Run, folder: Path, amount: int) -> list[Line]:
    stores = await open_sqlite(folder, clock=SystemClock())
    try:
        store = stores.tenant()
        return [await _at_rest(run, store, amount), await _due(run, store, amount)]
    finally:
        await stores.close()


async def _at_rest(run: Run, store: Store, amount: int) -> Line:
    looks, began, cpu = 0, perf_counter(), process_time()
    while (took := perf_counter() - began) < run.seconds / 2:
        assert not await store.claim_due("bench", to_moment(BEGAN), TAKEN)
        looks += 1
    label = f"a look for what is due, while {amount:,} sleep"
    cpu_us = (process_time() - cpu) / looks * 1e6
    return Line(key="r.rest", label=label, value=took / looks * 1e6, unit="µs", cpu_us=cpu_us)


async def _due(run: Run, store: Store, amount: int) -> Line:
    taken, began = 0, perf_counter()
    while taken < amount and perf_counter() - began < 4 * run.seconds:
        taken += await _perform(store, DUE)
    rate = taken / (perf_counter() - began)
    return Line(key="r.due", label=f"taken and settled, when {amount:,} are due at once", value=rate, unit="/s")


async def _perform(store: Store, now: datetime) -> int:
    kept = await store.claim_due("bench", now, TAKEN)
    await asyncio.gather(*(store.settle(settle(one, Attempted(outcome="done"), now)) for one in kept))
    return len(kept)
