"""A program that has imported the product, and forks a server from itself for each line that it reads.

Importing takes three quarters of a start; recovery tests start some hundred servers. A line of input is an order in
JSON; lines of output are the server's process id and, once it has ended, its exit status (negative: the signal).
"""

import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from antiphon import wiring
from antiphon.api.app import create_app
from antiphon.core.errors import AntiphonError
from antiphon.serve import listen, run
from antiphon.settings import Settings
from antiphon.telemetry import configure_logging
from tests.recovery.fuse import Fuse


def main(packs: Path) -> None:
    """Serve orders until there are no more, on the packs of that folder."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _serve(order, packs)
        print(json.dumps({"pid": child}), flush=True)  # noqa: T201 - the answer
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)  # noqa: T201 - the answer


def _serve(order: dict[str, Any], packs: Path) -> None:
    """As `antiphon serve` does, on collaborators that can die."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    configure_logging("INFO")
    settings = Settings(
        data_dir=Path(order["data"]), packs_dir=packs, port=order["port"], lease_seconds=order["lease_seconds"]
    )
    fuse = Fuse(Path(order["notes"]), order["at"], fatal=order["fatal"])
    for name in ("leads.json", "conversations.json"):
        fuse.watch_file(name)
    event.listen(Engine, "before_cursor_execute", lambda _db, _cursor, statement, *_rest: fuse.runs(statement))
    event.listen(Engine, "commit", lambda _db: fuse.passes("COMMIT of a revision"))
    status = 1
    try:
        status = 0 if run(_listen(settings, fuse)) else 1
    except AntiphonError as refused:
        print(refused, file=sys.stderr, flush=True)  # noqa: T201 - as the command line says it
    finally:
        os._exit(status)  # nothing of the parent's is ours to clean up


async def _listen(settings: Settings, fuse: Fuse) -> bool:
    async with wiring.open_service(settings, connect=fuse.connect, around=fuse.around) as service:
        app = create_app(lambda: nullcontext(service), wiring.door_of(settings))
        return await listen(fuse.around_app(app), settings.host, settings.port)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
