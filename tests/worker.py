"""`antiphon worker` in a process of its own."""

import time
from pathlib import Path
from typing import Self

from tests.process import READY_SECONDS, Process


class WorkerProcess(Process):
    """A worker on a data folder, or on what `env` names."""

    def __init__(self, data: Path, *, env: dict[str, str] | None = None) -> None:
        super().__init__(["worker", "--data", str(data)], data.parent / f"{data.name}.worker.log", env)

    def ready(self) -> Self:
        """Wait until it works; fails with its log when it ends instead."""
        deadline = time.monotonic() + READY_SECONDS
        while '"ready with packs' not in self.log():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)  # until it says so; the deadline bounds it
        return self
