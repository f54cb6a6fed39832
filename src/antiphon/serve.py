"""Serving HTTP: uvicorn, with our logs, and a stop that finishes what was begun."""

import uvicorn
from fastapi import FastAPI

STOP_SECONDS = 30  # for requests in flight when SIGTERM comes


def serve(app: FastAPI, host: str, port: int) -> bool:
    """Serve until SIGTERM or SIGINT; whether it started."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,  # ours
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    server = uvicorn.Server(config)
    server.run()
    return server.started
