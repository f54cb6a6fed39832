"""A fuse: it counts the steps that a process comes past, and kills the process at one of them.

It is composed around the ports and around the connection, where the product lets them be replaced. The product itself
has no fault points, so that they cost nothing (docs/decisions/0002-fault-points.md).
"""

import asyncio
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from antiphon.core.proposal import Proposal
from antiphon.core.run import Accepted, Arrival
from antiphon.engine.engine import Engine
from antiphon.ports import Turn, Work
from antiphon.storage.sqlite import connect

BRACKETS = ("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")  # change nothing: dying there is dying one step earlier
HOLD = "Hold on for"  # and a key: the turn of this message goes on when the one with that key has been accepted


class Fuse:
    """Notes each step in a file once it is armed, and blows at the one with that number, from 1, or of that name."""

    def __init__(self, notes: Path, at: int | str | None, *, fatal: str | None) -> None:
        """`fatal`: the idempotency key that arms it; None: it is armed from the start."""
        self._held = notes.with_suffix(".held")
        self._notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._at = at
        self._passed = 0
        self._counting = threading.Lock()
        self.fatal = fatal
        self.armed = fatal is None
        self.fatal_is_in = asyncio.Event()
        self.sweeping = asyncio.Lock()

    def passes(self, step: str) -> None:
        """The process comes past a step."""
        if not self.armed:
            return
        with self._counting:
            self._passed += 1
            os.write(self._notes, f"{step}\n".encode())
            if self._at in (self._passed, step):
                os.kill(os.getpid(), signal.SIGKILL)

    def connect(self, path: Path) -> sqlite3.Connection:
        """The store's connection; each statement that is about to run is a step, COMMIT among them."""
        db = connect(path)
        db.set_trace_callback(self.runs)
        return db

    def runs(self, statement: str) -> None:
        """A statement is about to run."""
        if not statement.startswith(BRACKETS):
            self.passes(" ".join(statement.split()[:3]))

    def around(self, engine: Engine) -> Engine:
        """The engine, with steps before and after what it asks of its ports."""
        return replace(
            engine,
            store=cast(Any, _Store(engine.store, self)),
            sinks=[cast(Any, _Stepped(sink, self, "committed")) for sink in engine.sinks],
            signals=cast(Any, _Signals(engine.signals, self)),
            businesses={
                name: replace(business, work=self._around_work(business.work))
                for name, business in engine.businesses.items()
            },
        )

    def _around_work(self, work: Work) -> Work:
        async def stepped(turn: Turn) -> Proposal:
            self.passes("before the graph")
            if turn.claim.run.change.value == f"{HOLD} {self.fatal}":
                self._held.touch()
                await self.fatal_is_in.wait()
            proposal = await work(turn)
            self.passes("after the graph")
            return proposal

        return stepped

    def around_app(self, app: Any) -> Any:
        """An ASGI application, with steps before each part of an answer. (The caller may act before one after it.)"""

        async def stepped(scope: Any, receive: Any, send: Any) -> None:
            async def sent(message: Any) -> None:
                self.passes(f"before {message['type']}")
                await send(message)

            await app(scope, receive, sent if scope["type"] == "http" else send)

        return stepped

    def watch_file(self, name: str) -> None:
        """Steps before a file of that name is begun, and before it takes the place of the one before it."""

        def hook(event: str, args: tuple[Any, ...]) -> None:
            if event == "open" and isinstance(args[0], str) and args[0].endswith(f".{name}.{os.getpid()}"):
                self.passes(f"before {name} is begun")
            elif event == "os.rename" and str(args[1]).endswith(name):
                self.passes(f"before {name} is replaced")

        sys.addaudithook(hook)


class _Stepped:
    """A port; some of its calls are steps."""

    def __init__(self, port: Any, fuse: Fuse, *steps: str) -> None:
        self._port = port
        self._fuse = fuse
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        call: Callable[..., Awaitable[Any]] = getattr(self._port, name)
        if name not in self._steps:
            return call

        async def stepped(*args: Any, **kwargs: Any) -> Any:
            self._fuse.passes(f"before {name}")
            result = await call(*args, **kwargs)
            self._fuse.passes(f"after {name}")
            return result

        return stepped


class _Store(_Stepped):
    """The store; the fatal arrival arms the fuse, and from then on the sweep finds nothing."""

    def __init__(self, port: Any, fuse: Fuse) -> None:
        super().__init__(port, fuse, "claim", "commit", "release")

    async def accept(self, arrival: Arrival, **claim: Any) -> Accepted:
        fatal = arrival.idempotency_key is not None and arrival.idempotency_key == self._fuse.fatal
        if fatal:
            async with self._fuse.sweeping:
                self._fuse.armed = True
        self._fuse.passes("before accept")
        accepted: Accepted = await self._port.accept(arrival, **claim)
        self._fuse.passes("after accept")
        if fatal:
            self._fuse.fatal_is_in.set()
        return accepted

    async def claim_due(self, *args: Any, **named: Any) -> Any:
        return await self._swept("claim_due", *args, **named)

    async def waiting(self, *args: Any) -> Any:
        return await self._swept("waiting", *args)

    async def _swept(self, name: str, *args: Any, **named: Any) -> Any:
        async with self._fuse.sweeping:
            if self._fuse.armed and self._fuse.fatal:
                return []  # so that the steps are the message's own
            return await getattr(self._port, name)(*args, **named)


class _Signals:
    """Signals; telling whoever waits is a step."""

    def __init__(self, port: Any, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse
        self.finished = port.finished

    def finish(self, *news: Any) -> None:
        self._fuse.passes("before the caller is told")
        self._port.finish(*news)
