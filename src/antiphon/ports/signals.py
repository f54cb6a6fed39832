"""Signals, hot state and wake-ups: copies and hints, which may be lost."""

from asyncio import Future
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Protocol, TypeAlias

from antiphon.core.names import (
    ConversationId,
    Facts,
    PackName,
    RunId,
)
from antiphon.core.run import Outcome
from antiphon.core.step import Step


class Trail(Protocol):
    """Which request and which run the work at hand belongs to: what log lines and traces are found by."""

    def origin(self) -> Facts:
        """What a run keeps of the request that is served now: `request_id`, `traceparent`; either may be missing."""
        ...

    def brought(self, run_id: RunId) -> None:
        """The request that is served now has brought this run."""
        ...

    def turn(self, pack: PackName, run_id: RunId, origins: Sequence[Facts]) -> AbstractContextManager[object]:
        """While it is entered, a run is worked; `origins` of all the runs of the turn, its own the last."""
        ...


class Signals(Protocol):
    """Live news within reach of one process or all. Losing it costs time, not data."""

    def finished(self, run_id: RunId) -> Future[Outcome]:
        """What a run ends with, once it has; ask before you look at the store, cancel when you stop waiting."""
        ...

    def finish(self, run_id: RunId, outcome: Outcome) -> None:
        """Tell whoever waits that a run has ended."""
        ...


Frame: TypeAlias = Facts  # one piece of news of a run: a step, a status, an end; JSON values


class HotState(Protocol):
    """What is shown of runs while they go on: a copy that may be lost, with a time to live.

    Reads find nothing rather than fail when the hot store is away; writes are forgotten, and `away` says why.
    """

    async def put(self, pack: PackName, run_id: RunId, snapshot: Facts) -> None:
        """Keep the latest snapshot of a run, and tell whoever watches it."""
        ...

    async def get(self, pack: PackName, run_id: RunId) -> Facts | None:
        """The latest snapshot, or None."""
        ...

    async def add_step(self, pack: PackName, run_id: RunId, step: Facts) -> None:
        """Append a step of a run, and tell whoever watches it."""
        ...

    async def steps(self, pack: PackName, run_id: RunId) -> list[Facts]:
        """The steps kept of a run, in order; empty when there are none."""
        ...

    async def forget(self, pack: PackName, run_id: RunId) -> None:
        """Remove everything of a run."""
        ...

    async def remember_key(self, pack: PackName, key: str, run_id: RunId) -> None:
        """Keep which run an idempotency key began, for as long as keys are honoured. SQL decides; this is its copy."""
        ...

    async def run_of_key(self, pack: PackName, key: str) -> RunId | None:
        """The run that an idempotency key began, or None. Ask the store whether it is still there."""
        ...

    def watch(self, pack: PackName, run_id: RunId) -> AbstractAsyncContextManager[AsyncIterator[Frame]]:
        """News of a run from now on, from whatever process.

        Frames are `{"type": "step", "run_id": ..., "step": {...}}` and `{"type": "snapshot", "run_id": ...,
        "state": {...}}`. Watch first and then `get`, and nothing is missed. A watcher that does not read holds
        nobody up: its oldest frames are dropped. Waiting for a frame may be cancelled and begun again. The frames
        of other processes are lost while the hot store is away; when it is back, the latest snapshot comes as a frame.
        """
        ...

    async def away(self) -> str | None:
        """Why the hot store cannot be reached, or None. In process it is always there."""
        ...


OnStep: TypeAlias = Callable[[PackName, RunId, Step], None]  # a node has ended a step; must not block


Span: TypeAlias = Callable[[str, Facts], AbstractContextManager[object]]  # name, attributes: a stretch of work, timed


class WakeUps(Protocol):
    """The queue: "conversation X has work". A hint; the sweep finds what it loses."""

    def wake(self, conversation_id: ConversationId, *, priority: int = 0) -> None:
        """Say that a conversation has work; higher priorities are taken up first. Never blocks."""
        ...

    async def next(self, timeout: float) -> ConversationId | None:
        """The next conversation with work, or None after `timeout` seconds."""
        ...

    def done(self, conversation_id: ConversationId) -> None:
        """Say that what `next` returned was seen to. What is not done when its process dies is handed out again."""
        ...
