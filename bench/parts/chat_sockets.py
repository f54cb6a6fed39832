"""(u) Web chat: many open sockets on one process, what one costs at rest, and how many frames a second are echoed."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from bench.line import Line
from bench.run import Run, complete
from bench.server import Server, antiphon

SOCKETS = 1_000
WARM_UP = 50  # sockets that come and go before memory is looked at
AT_ONCE = 50  # being opened
REST_SECONDS = 1.0  # until what was put off is done
ECHOING = 16  # of the sockets, each with one frame under way
HEARTBEAT = '{"type":"heartbeat"}'


def measure(run: Run) -> list[Line]:
    """Every socket is a person of its own, greeted; none has written yet."""
    sockets = SOCKETS // 10 if run.quick else SOCKETS
    with antiphon(run, run.empty_folder()) as server:
        return complete(_measure(run, server, sockets))


async def _measure(run: Run, server: Server, sockets: int) -> list[Line]:
    async with AsyncExitStack() as stack:
        for socket in [await _open(server, f"warm-{number}") for number in range(WARM_UP)]:
            await socket.close()
        before = await _resting(server)
        began = time.perf_counter()
        opened = await _open_all(server, sockets)
        seconds = time.perf_counter() - began
        for socket in opened:
            stack.push_async_callback(socket.close)
        memory = (await _resting(server) - before) * 1024 / sockets
        await _echo_all(opened[:ECHOING], run.warm_up_seconds)
        cpu = server.cpu_seconds()
        echoed = await _echo_all(opened[:ECHOING], run.seconds)
        cpu_us = (server.cpu_seconds() - cpu) / max(1, echoed) * 1e6
    label = f"frames echoed on {ECHOING} of {sockets} open sockets"
    return [
        Line(key="u.memory", label=f"memory of a chat socket at rest, of {sockets}", value=memory, unit="KiB"),
        Line(key="u.opened", label="sockets opened and greeted", value=sockets / seconds, unit="/s"),
        Line(key="u.echoed", label=label, value=echoed / run.seconds, unit="/s", cpu_us=cpu_us),
    ]


async def _open_all(server: Server, sockets: int) -> list[ClientConnection]:
    opened: list[ClientConnection] = []
    for first in range(0, sockets, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, sockets))
        opened += await asyncio.gather(*(_open(server, f"person-{number}") for number in numbers))
    return opened


async def _open(server: Server, contact: str) -> ClientConnection:
    connecting: Any = connect(
        f"ws://127.0.0.1:{server.port}/ws/chat/{contact}", ping_interval=None, compression=None, max_queue=None
    )
    socket: ClientConnection = await connecting
    await socket.recv()  # the greeting
    return socket


async def _echo_all(sockets: list[ClientConnection], seconds: float) -> int:
    until = time.perf_counter() + seconds
    return sum(await asyncio.gather(*(_echo(socket, until) for socket in sockets)))


async def _echo(socket: ClientConnection, until: float) -> int:
    echoed = 0
    while time.perf_counter() < until:
        await socket.send(HEARTBEAT)
        while '"pong"' not in await socket.recv():
            pass  # a sign of life of the server
        echoed += 1
    return echoed


async def _resting(server: Server) -> float:
    await asyncio.sleep(REST_SECONDS)
    return server.rss_mib()
