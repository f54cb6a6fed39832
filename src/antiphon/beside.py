"""A little HTTP server beside the main work of a process that takes no requests: its metrics and its health."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from antiphon.core.errors import SettingInvalid


class _Quiet(uvicorn.Server):
    """A server that leaves signals to the main work."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def beside(app: Any, host: str, port: int) -> AsyncIterator[None]:
    """While it is open, the application is served.

    Raises:
        SettingInvalid: nobody can listen there.
    """
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise SettingInvalid(name="METRICS_PORT", value=port, reason=f"not to be had: {error.strerror}") from error
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, lifespan="off")
    server = _Quiet(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
