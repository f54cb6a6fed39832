"""(c) The door alone: a change becomes a durable run, and nobody works it."""

from antiphon.api.autostream.names import PACK, SESSION
from antiphon.core.change import Change
from antiphon.engine.receive import Request, receive
from bench.callers import call
from bench.engine import idle_engine
from bench.line import Line
from bench.messages import fresh
from bench.run import CONNECTIONS, Run, complete

SESSIONS = 8  # of each caller, as in (b)


def measure(run: Run) -> list[Line]:
    """Accepted changes per second at each number of callers."""
    return [complete(_measure(run, callers)) for callers in CONNECTIONS]


async def _measure(run: Run, callers: int) -> Line:
    async with idle_engine(run) as engine:

        async def accept(caller: int, number: int) -> None:
            change = Change(kind="message", value=fresh(number))
            address = f"c-{caller}-{number % SESSIONS}"
            await receive(engine, Request(pack=PACK, change=change, space=SESSION, address=address))

        called = await call(callers, run.seconds, accept)
    return Line(
        key=f"c.{callers}",
        label=f"{callers} caller{'s' * (callers > 1)}",
        value=called.rate,
        unit="/s",
        p50_ms=called.p50_ms,
        p99_ms=called.p99_ms,
        base=f"a.{callers}",
    )
