"""The composition root: settings in, a service out. Every collaborator can be replaced by keyword."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from antiphon.api.app import Opening, create_app
from antiphon.api.autostream.names import PACK as AUTOSTREAM
from antiphon.api.autostream.names import SESSION
from antiphon.clock import RandomIds, SystemClock
from antiphon.core.errors import AntiphonError, DataFolderUnusable, ExtraMissing, PackNotFound
from antiphon.core.names import PackName
from antiphon.core.pack import PackDef
from antiphon.engine.engine import Business, Engine, Limits
from antiphon.engine.service import Service
from antiphon.graph.build import build_turn_graph
from antiphon.graph.drivers import driver_of
from antiphon.graph.mermaid import mermaid
from antiphon.graph.work import work_with
from antiphon.knowledge.base import KnowledgeBase
from antiphon.language.embeddings import EmbeddingCache
from antiphon.language.encoder import SEED, OnnxEncoder
from antiphon.language.intents import learn
from antiphon.language.local import LocalClassifier
from antiphon.language.scales import LocalScales, learn_scales
from antiphon.loader import LoadedPack, find_packs, load_pack
from antiphon.ports import Clock, HotState, Ids, Signals, Store, WakeUps
from antiphon.queue.memory import MemoryWakeUps
from antiphon.settings import Settings
from antiphon.signals.memory import MemoryHotState, MemorySignals
from antiphon.sinks.json_files import CONVERSATIONS_FILE, LEADS_FILE, JsonFiles, write_conversations, write_leads
from antiphon.storage.sqlite import Connecting, connect, open_sqlite, open_sqlite_readonly

log = logging.getLogger(__name__)

RELOAD_SECONDS = 2.0  # how soon a repaired knowledge file is noticed; a look costs a stat a file


def packs_folder(settings: Settings) -> Path:
    """The folder of packs: the one that is set, else the checkout's, else those that came with the wheel."""
    if settings.packs_dir:
        return settings.packs_dir
    shipped = Path(__file__).parent / "packs"
    return shipped if shipped.is_dir() else Path(__file__).parents[2] / "packs"


def load_packs(folder: Path) -> list[LoadedPack]:
    """Every pack of a folder.

    Raises:
        PackInvalid: with every problem, its file and its line.
        PackNotFound: the folder holds none.
    """
    found = find_packs(folder)
    if not found:
        raise PackNotFound(name="", folder=folder, reason="no folder in it holds a pack.yaml")
    return [load_pack(path) for path in found]


def with_threshold(pack: PackDef, threshold: float | None) -> PackDef:
    """The pack with another confidence below which a person takes over, if it hands over at all."""
    if threshold is None or not pack.gate.handoff_below:
        return pack
    return pack.model_copy(update={"gate": pack.gate.model_copy(update={"handoff_below": threshold})})


class Language:
    """What packs are understood with: one encoder and one cache of vectors for all of them."""

    def __init__(self, data: Path) -> None:
        self.encoder = OnnxEncoder()
        self.cache = EmbeddingCache(data / "embeddings", self.encoder, seed=SEED)

    async def knowledge(self, pack: LoadedPack, store: Store) -> KnowledgeBase:
        """A pack's knowledge base: loaded, broken, or so large that it is read beside everything else."""
        knowledge = KnowledgeBase(
            pack.definition.name, pack.folder, pack.definition.knowledge, self.encoder, store, self.cache.vectors
        )
        if not await knowledge.load_if_small():
            log.info("knowledge of %s is large: it is indexed in the background", pack.definition.name)
        if knowledge.broken:
            log.error("knowledge of %s: %s", pack.definition.name, knowledge.broken)
        return knowledge

    async def business(self, pack: LoadedPack, store: Store, settings: Settings) -> Business:
        """A pack, ready to work."""
        definition = with_threshold(pack.definition, settings.escalation_confidence_threshold)
        knowledge = await self.knowledge(pack, store)
        learnt = await learn(
            [(example, intent.name) for intent in definition.intents for example in intent.examples], self.cache
        )
        classifier = LocalClassifier(self.encoder, learnt)
        graph = build_turn_graph(
            definition,
            classifier=classifier,
            scales=LocalScales(self.encoder, await learn_scales(definition.scales, self.cache)),
            knowledge=knowledge,
            numbers=store,
            render=pack.render,
            versions={
                "pack": f"{definition.version}+{pack.digest[:8]}",
                "model": settings.model_version or self.encoder.name,
                "workflow": settings.workflow_version or definition.version,
            },
        )
        return Business(
            pack=definition,
            digest=pack.digest,
            work=work_with(driver_of(graph, settings.graph_driver)),
            classifier=classifier,
            knowledge=knowledge,
            render=pack.render,
        )


@asynccontextmanager
async def open_service(
    settings: Settings,
    *,
    packs: list[LoadedPack] | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    connect: Connecting = connect,
    around: Callable[[Engine], Engine] = lambda engine: engine,
) -> AsyncIterator[Service]:
    """A service at work, and its clean stop.

    Args:
        connect: gives the store the connection that it writes on.
        around: has the last word on what the use cases work with; it may wrap any port.

    Raises:
        PackInvalid, PackNotFound, DataFolderInUse, DataFolderUnusable: it does not start; the message says why.
    """
    clock, ids = clock or SystemClock(), ids or RandomIds()
    async with AsyncExitStack() as stack:  # what is opened first is closed last
        language = Language(settings.data_dir)
        stack.callback(language.encoder.close)
        warm = asyncio.create_task(language.encoder.warm())  # on its thread, while packs are read
        packs = packs if packs is not None else await asyncio.to_thread(load_packs, packs_folder(settings))
        store = await stack.enter_async_context(_opened_store(settings, clock, connect))
        await warm
        businesses = await _businesses(language, packs, store, settings)
        owner = f"{socket.gethostname()}:{os.getpid()}:{ids.new()[:8]}"
        news = await stack.enter_async_context(_opened_news(settings, owner))
        sinks: list[JsonFiles] = []
        if AUTOSTREAM in businesses and settings.database_url is None:  # of many processes none owns the files
            sinks.append(JsonFiles(settings.data_dir, store, pack=AUTOSTREAM, space=SESSION))
        engine = Engine(
            owner=owner,
            store=store,
            clock=clock,
            ids=ids,
            businesses=businesses,
            signals=news.signals,
            wake_ups=news.wake_ups,
            hot=news.hot,
            hot_is_shared=settings.redis_url is not None,
            sinks=sinks,
            limits=Limits(turn_wait_seconds=settings.turn_wait_seconds, heartbeat_seconds=settings.lease_seconds / 3),
        )
        service = Service.of(around(engine))
        for sink in sinks:
            await sink.start()
            stack.push_async_callback(sink.stop)
        running = service.start()
        stack.push_async_callback(service.drain, running)
        await stack.enter_async_context(_reloading(businesses))
        log.info(
            "ready with packs %s in %s",
            ", ".join(businesses),
            "PostgreSQL" if settings.database_url else settings.data_dir,
        )
        yield service
    log.info("stopped")


@asynccontextmanager
async def _opened_store(settings: Settings, clock: Clock, connect: Connecting) -> AsyncIterator[Store]:
    """The store that the settings choose."""
    if settings.database_url is None:
        seconds = settings.lease_seconds
        stores = await open_sqlite(settings.data_dir, clock=clock, lease_seconds=seconds, connect=connect)
        try:
            yield stores.tenant()
        finally:
            await stores.close()
        return
    try:
        from antiphon.storage.postgres import open_postgres  # noqa: PLC0415 - its driver is an extra
    except ImportError:
        raise ExtraMissing(what="DATABASE_URL", extra="postgres") from None
    databases = await open_postgres(settings.database_url, lease_seconds=settings.lease_seconds)
    try:
        yield databases.tenant()
    finally:
        await databases.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class _News:
    """What processes hear of each other by."""

    signals: Signals
    wake_ups: WakeUps
    hot: HotState


@asynccontextmanager
async def _opened_news(settings: Settings, owner: str) -> AsyncIterator[_News]:
    """Signals, wake-ups and hot state: in process, or over the Redis that the settings name."""
    if settings.redis_url is None:
        yield _News(signals=MemorySignals(), wake_ups=MemoryWakeUps(), hot=MemoryHotState(clock=SystemClock()))
        return
    try:
        from antiphon.queue.redis import BLOCK_SECONDS, RedisWakeUps  # noqa: PLC0415 - its driver is an extra
        from antiphon.signals.link import RedisLink  # noqa: PLC0415
        from antiphon.signals.news import RedisNews  # noqa: PLC0415
        from antiphon.signals.redis import RedisHotState, RedisSignals  # noqa: PLC0415
    except ImportError:
        raise ExtraMissing(what="REDIS_URL", extra="redis") from None
    link = await RedisLink(settings.redis_url).open()
    reader = await link.beside(timeout_seconds=BLOCK_SECONDS * 4).open()
    heard = RedisNews(link)
    heard.start()
    signals = RedisSignals(link, heard)
    await signals.start()
    wake_ups = RedisWakeUps(link, reader, consumer=owner, idle_seconds=settings.lease_seconds)
    try:
        yield _News(signals=signals, wake_ups=wake_ups, hot=RedisHotState(link, heard))
    finally:
        await wake_ups.close()
        await heard.close()
        await reader.close()
        await link.close()


async def _businesses(
    language: Language, packs: list[LoadedPack], store: Store, settings: Settings
) -> dict[PackName, Business]:
    try:
        return {pack.definition.name: await language.business(pack, store, settings) for pack in packs}
    except OSError as error:  # such as a disk with no room for the vectors that are kept
        raise DataFolderUnusable(folder=settings.data_dir, reason=error.strerror or str(error)) from error


@asynccontextmanager
async def _reloading(businesses: Mapping[PackName, Business]) -> AsyncIterator[None]:
    """While it is open, knowledge files that are changed or repaired are read again."""
    tasks = [
        asyncio.create_task(_reload_knowledge(name, business.knowledge))
        for name, business in businesses.items()
        if isinstance(business.knowledge, KnowledgeBase)
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _reload_knowledge(name: str, knowledge: KnowledgeBase) -> None:
    """Read what is too large for the start, and notice files that are changed or repaired later."""
    while True:
        try:
            if await knowledge.reload_if_changed():
                log.info("knowledge of %s: %s", name, knowledge.broken or "loaded")
        except AntiphonError as error:
            log.warning("knowledge of %s, tried again soon: %s", name, error)
        except OSError as error:
            log.warning("vectors of %s cannot be kept, tried again soon: %s", name, error)
        await asyncio.sleep(RELOAD_SECONDS)


async def serve_service(settings: Settings, listen: Callable[[FastAPI], Awaitable[bool]]) -> bool:
    """Open a service, let `listen` serve it, and stop it cleanly; whether it listened.

    Opened before anything listens, so that what is wrong is an error with a message, and no half-started server.

    Raises:
        PackInvalid, PackNotFound, DataFolderInUse, DataFolderUnusable: as `open_service`.
    """
    async with open_service(settings) as service:
        return await listen(application(settings, lambda: nullcontext(service)))


def application(settings: Settings, opening: Opening | None = None) -> FastAPI:
    """The HTTP application of these settings; it opens a service of its own when it is given none."""
    return create_app(
        opening or (lambda: open_service(settings)),
        origins=settings.origins,
        disclose=settings.app_env == "development",
    )


def drawn(pack: LoadedPack) -> str:
    """The turn graph of a pack in Mermaid's language. Nothing is opened: the nodes are drawn, not called."""
    nobody: Any = None
    return mermaid(
        build_turn_graph(
            pack.definition,
            classifier=nobody,
            scales=nobody,
            knowledge=nobody,
            numbers=nobody,
            render=pack.render,
            versions={},
        )
    )


async def export_files(settings: Settings, pack: str, folder: Path) -> tuple[int, int]:
    """Write both files of a pack into a folder; how many leads and conversations they hold.

    A server may be at work on the store.

    Raises:
        StoreMissing, DataFolderUnusable: there is nothing to export; the message says why.
    """
    stores = await open_sqlite_readonly(settings.data_dir, clock=SystemClock())
    store = stores.tenant()
    try:
        leads = await write_leads(folder / LEADS_FILE, store, pack)
        return leads, await write_conversations(folder / CONVERSATIONS_FILE, store, pack, SESSION)
    finally:
        await store.close()
