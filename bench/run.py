"""What every part of a run is given: where to put data, and how long to measure."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TypeAlias, TypeVar

import uvloop

from bench.line import Line

T = TypeVar("T")

ROOT = Path(__file__).parents[1]  # where `python -m bench.x` finds its module
CONNECTIONS = (1, 16)


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of the benchmarks."""

    folder: Path  # on the disk that is measured; whoever made the run removes it
    seconds: float  # of one measurement, after its warm-up
    quick: bool  # only to see that everything works
    packs: Path | None = None  # the shipped ones when None
    conversations: int = 100_000  # in the store whose lists are measured, with ten events each

    @property
    def warm_up_seconds(self) -> float:
        """How long a load runs before it counts."""
        return self.seconds / 4

    def empty_folder(self) -> Path:
        """A folder that nobody has used."""
        return Path(mkdtemp(dir=self.folder))


def complete(work: Coroutine[Any, Any, T]) -> T:
    """The result of async work, on the event loop that uvicorn would choose."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


Measure: TypeAlias = Callable[[Run], list[Line]]  # one part
