"""Signals and hot state within one process."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from antiphon.core.names import Facts, Moment, PackName, RunId
from antiphon.core.run import Outcome
from antiphon.ports import Clock, Frame
from antiphon.signals import wire
from antiphon.signals.watchers import Watchers

RUNS_KEPT = 10_000  # some 30 MB of snapshots and steps; the run that changed longest ago makes room
KEYS_KEPT = 100_000  # some 30 MB of idempotency keys


class MemorySignals:
    """Futures by run. One that nobody keeps is forgotten with its last reference."""

    def __init__(self) -> None:
        self._waiting: dict[RunId, list[asyncio.Future[Outcome]]] = defaultdict(list)

    def finished(self, run_id: RunId) -> asyncio.Future[Outcome]:
        """What the run ends with, once it has."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[run_id].append(future)
        future.add_done_callback(lambda done: self._forget(run_id, done))
        return future

    def finish(self, run_id: RunId, outcome: Outcome) -> None:
        """Tell whoever waits."""
        for future in self._waiting.pop(run_id, ()):
            if not future.done():
                future.set_result(outcome)

    def awaited(self, run_id: RunId) -> bool:
        """Whether anybody waits for a run."""
        return run_id in self._waiting

    def _forget(self, run_id: RunId, done: asyncio.Future[Outcome]) -> None:
        waiting = self._waiting.get(run_id, [])
        if done in waiting:
            waiting.remove(done)
            if not waiting:
                del self._waiting[run_id]


@dataclass(kw_only=True, slots=True)
class _Kept:
    """What is kept of a run, encoded: nobody can change it, and it takes a fifth of the memory."""

    until: Moment
    state: bytes | None = None
    steps: deque[bytes] = field(default_factory=lambda: deque(maxlen=wire.STEPS_KEPT))


class MemoryHotState:
    """`ports.HotState` of one process. What has expired or is too much goes, the oldest first."""

    def __init__(
        self,
        *,
        clock: Clock,
        ttl_seconds: float = wire.RUN_TTL_SECONDS,
        key_ttl_seconds: float = wire.KEY_TTL_SECONDS,
        runs_kept: int = RUNS_KEPT,
    ) -> None:
        self._clock = clock
        self._ttl = timedelta(seconds=ttl_seconds)
        self._key_ttl = timedelta(seconds=key_ttl_seconds)
        self._runs_kept = runs_kept
        self._runs: dict[bytes, _Kept] = {}  # in the order of the last change, which is that of expiry
        self._keys: dict[bytes, tuple[RunId, Moment]] = {}  # likewise
        self._watchers = Watchers()

    async def put(self, pack: PackName, run_id: RunId, snapshot: Facts) -> None:
        """See `ports.HotState`."""
        state = wire.encode(snapshot)
        self._touch(pack, run_id).state = state
        self._watchers.offer(wire.news_channel(pack, run_id), wire.snapshot_frame(run_id, state))

    async def get(self, pack: PackName, run_id: RunId) -> Facts | None:
        """See `ports.HotState`."""
        kept = self._kept(pack, run_id)
        return wire.decode(kept.state) if kept and kept.state else None

    async def add_step(self, pack: PackName, run_id: RunId, step: Facts) -> None:
        """See `ports.HotState`."""
        encoded = wire.encode(step)
        self._touch(pack, run_id).steps.append(encoded)
        self._watchers.offer(wire.news_channel(pack, run_id), wire.step_frame(run_id, encoded))

    async def steps(self, pack: PackName, run_id: RunId) -> list[Facts]:
        """See `ports.HotState`."""
        kept = self._kept(pack, run_id)
        return [step for encoded in kept.steps if (step := wire.decode(encoded))] if kept else []

    async def forget(self, pack: PackName, run_id: RunId) -> None:
        """See `ports.HotState`."""
        self._runs.pop(wire.run_key(pack, run_id), None)

    async def remember_key(self, pack: PackName, key: str, run_id: RunId) -> None:
        """See `ports.HotState`."""
        now, name = self._clock.now(), wire.idempotency_key(pack, key)
        self._keys.pop(name, None)
        self._keys[name] = run_id, now + self._key_ttl
        while self._keys and (len(self._keys) > KEYS_KEPT or next(iter(self._keys.values()))[1] <= now):
            del self._keys[next(iter(self._keys))]

    async def run_of_key(self, pack: PackName, key: str) -> RunId | None:
        """See `ports.HotState`."""
        run_id, until = self._keys.get(wire.idempotency_key(pack, key), (None, None))
        return run_id if until and until > self._clock.now() else None

    @asynccontextmanager
    async def watch(self, pack: PackName, run_id: RunId) -> AsyncIterator[AsyncIterator[Frame]]:
        """See `ports.HotState`."""
        with self._watchers.watching(wire.news_channel(pack, run_id)) as watcher:
            yield watcher

    async def away(self) -> str | None:
        """See `ports.HotState`."""
        return None

    def _kept(self, pack: PackName, run_id: RunId) -> _Kept | None:
        kept = self._runs.get(wire.run_key(pack, run_id))
        return kept if kept and kept.until > self._clock.now() else None

    def _touch(self, pack: PackName, run_id: RunId) -> _Kept:
        """What is kept of a run, from now on for the whole of its time."""
        now, name = self._clock.now(), wire.run_key(pack, run_id)
        kept = self._runs.pop(name, None)
        if kept is None or kept.until <= now:
            kept = _Kept(until=now)
        kept.until = now + self._ttl
        self._runs[name] = kept
        while len(self._runs) > self._runs_kept or next(iter(self._runs.values())).until <= now:
            del self._runs[next(iter(self._runs))]
        return kept
