"""An engine on a real store without a graph, a model or a worker: for what is measured alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from antiphon.api.autostream.names import PACK
from antiphon.clock import RandomIds, SystemClock
from antiphon.engine.engine import Business, Engine
from antiphon.loader import LoadedPack, load_pack
from antiphon.queue.memory import MemoryWakeUps
from antiphon.settings import Settings
from antiphon.signals.memory import MemorySignals
from antiphon.storage.sqlite import open_sqlite
from antiphon.wiring import packs_folder
from bench.run import Run


def settings(run: Run, data: Path) -> Settings:
    """Those of a service in this process."""
    return Settings(data_dir=data, packs_dir=run.packs)


def autostream(run: Run) -> LoadedPack:
    """The pack that is measured."""
    return load_pack(packs_folder(settings(run, run.folder)) / PACK)


@asynccontextmanager
async def idle_engine(run: Run) -> AsyncIterator[Engine]:
    """An engine that accepts and commits, and works nothing by itself."""
    pack, clock, nobody = autostream(run), SystemClock(), _nobody()
    stores = await open_sqlite(run.empty_folder(), clock=clock)
    business = Business(
        pack=pack.definition,
        digest=pack.digest,
        work=nobody,
        classifier=nobody,
        knowledge=nobody,
        render=pack.render,
    )
    try:
        yield Engine(
            owner="bench",
            store=stores.tenant(),
            clock=clock,
            ids=RandomIds(),
            businesses={PACK: business},
            signals=MemorySignals(),
            wake_ups=MemoryWakeUps(),
        )
    finally:
        await stores.close()


def _nobody() -> Any:
    """A collaborator that is never called."""
    return None
