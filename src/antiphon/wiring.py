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
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from pydantic import ValidationError

from antiphon import __version__
from antiphon.api.app import create_app
from antiphon.api.autostream.names import PACK as AUTOSTREAM
from antiphon.api.autostream.names import SESSION
from antiphon.api.converse.names import PACK as CONVERSE
from antiphon.api.door import Door
from antiphon.api.metrics import metrics_app
from antiphon.api.signatures import Signatures
from antiphon.backend import open_backend
from antiphon.beside import beside
from antiphon.channels.chat import ChatChannel, ChatNews, ChatSettings
from antiphon.channels_wiring import inbound_of, is_on, opened_channels
from antiphon.clock import RandomIds, SystemClock
from antiphon.core.errors import (
    AntiphonError,
    DataFolderUnusable,
    ExtraMissing,
    PackNotFound,
    SettingInvalid,
    SettingMissing,
)
from antiphon.core.model import ModelName, split
from antiphon.core.names import PackName
from antiphon.core.notice import NOTICE_TYPES, Subscription
from antiphon.core.pack import ModelsDef, PackDef
from antiphon.core.rule import RuleDef
from antiphon.core.signing import check_secrets
from antiphon.engine.engine import Business, Engine, Limits
from antiphon.engine.live import LiveSteps
from antiphon.engine.pack_versions import keep_version
from antiphon.engine.service import Service
from antiphon.engine.versions import version_of, versions_of
from antiphon.graph.build import build_turn_graph
from antiphon.graph.drivers import driver_of
from antiphon.graph.mermaid import mermaid
from antiphon.graph.work import work_with
from antiphon.knowledge.base import KnowledgeBase
from antiphon.language.embeddings import EmbeddingCache
from antiphon.language.encoder import SEED, OnnxEncoder
from antiphon.language.intents import learn
from antiphon.language.local import LocalClassifier
from antiphon.language.models.open import Models, PackModels
from antiphon.language.models.providers import Connection, Connections
from antiphon.language.models.reach import OllamaServer
from antiphon.language.scales import LocalScales, learn_scales
from antiphon.limits.memory import MemoryLimiter
from antiphon.limits.window import check_limit
from antiphon.loader import LoadedPack, find_packs, load_pack
from antiphon.observed import notice_intent, observed, told_all, told_of_calls
from antiphon.ports import (
    Classifier,
    Clock,
    HotState,
    Ids,
    Limiter,
    Lines,
    Model,
    OnCall,
    OnStep,
    Performers,
    Signals,
    Span,
    Store,
    WakeUps,
)
from antiphon.queue.memory import MemoryWakeUps
from antiphon.settings import Settings, listed
from antiphon.signals.memory import MemoryHotState, MemorySignals
from antiphon.signals.memory_lines import MemoryLines
from antiphon.sinks.json_files import CONVERSATIONS_FILE, LEADS_FILE, JsonFiles, write_conversations, write_leads
from antiphon.sinks.webhooks import endpoints, open_webhooks
from antiphon.storage.sqlite import Connecting, connect, open_sqlite, open_sqlite_readonly
from antiphon.telemetry import Instruments, instruments
from antiphon.testing.model import ScriptedModel, read_script

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


def connections_of(settings: Settings) -> Connections:
    """How each provider of models is reached."""
    s = settings
    claude = s.converse_llm_api_key or s.anthropic_api_key
    return {
        "ollama": Connection(setting="OLLAMA_BASE_URL", url=s.ollama_base_url, model=s.llm_model),
        "google_genai": Connection(
            setting="GEMINI_API_KEY", key=s.gemini_api_key, url=s.gemini_base_url, model=s.gemini_model
        ),
        "anthropic": Connection(
            setting="CONVERSE_LLM_API_KEY", key=claude, url=s.anthropic_base_url, model=s.anthropic_model
        ),
        "openai": Connection(
            setting="OPENAI_API_KEY", key=s.openai_api_key, url=s.openai_base_url, model=s.openai_model
        ),
    }


def with_models(pack: PackDef, chosen: Mapping[str, Mapping[str, str]]) -> PackDef:
    """The pack with the models that PACK_MODELS names for it.

    Raises:
        SettingInvalid: it names a use of models that there is not.
    """
    if pack.name not in chosen:
        return pack
    try:
        models = ModelsDef.model_validate({**pack.models.model_dump(), **chosen[pack.name]})
    except ValidationError as invalid:
        strange = ", ".join(".".join(map(str, error["loc"])) for error in invalid.errors())
        reason = f"no choice of models: `{strange}` is none of {', '.join(ModelsDef.model_fields)}"
        raise SettingInvalid(name="PACK_MODELS", value=dict(chosen[pack.name]), reason=reason) from None
    return pack.model_copy(update={"models": models})


def with_rules(pack: PackDef, rules: tuple[RuleDef, ...]) -> PackDef:
    """Converse with the rules of the settings file; one with the id of a pack's own takes its place."""
    if pack.name != CONVERSE or not rules:
        return pack
    own = {rule.id for rule in rules}
    return pack.model_copy(update={"rules": (*(rule for rule in pack.rules if rule.id not in own), *rules)})


class Language:
    """What packs are understood with: one encoder and one cache of vectors for all of them, and their models."""

    def __init__(self, data: Path, models: Models | None = None, on_call: OnCall = lambda _: None) -> None:
        self.encoder = OnnxEncoder()
        self.cache = EmbeddingCache(data / "embeddings", self.encoder, seed=SEED)
        self._models = models or Models({}, timeout_seconds=1, on_call=on_call)
        self._on_call = on_call

    def models(self, pack: LoadedPack, definition: PackDef) -> PackModels:
        """Who understands, judges and drafts for a pack.

        Raises:
            ModelUnknown, SettingMissing, ExtraMissing, ScriptUnusable: what is missing for that.
        """

        def scripted(name: ModelName) -> Model:
            file = pack.folder / split(name)[1]
            log.warning("%s replays the answers of %s: nobody understands anything", definition.name, file)
            return ScriptedModel(name, read_script(file), self._on_call)

        chosen = PackModels(definition, self._models, prompts=pack.prompts, scripted=scripted, on_call=self._on_call)
        if not chosen.choice.is_local:
            log.info("%s uses %s", definition.name, chosen.choice)
        return chosen

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

    async def business(
        self,
        pack: LoadedPack,
        store: Store,
        settings: Settings,
        on_step: OnStep | None = None,
        span: Span | None = None,
        around: Callable[[Classifier], Classifier] = lambda classifier: classifier,
    ) -> Business:
        """A pack, ready to work; `on_step` is told each step as it ends, and each node runs in a `span`.

        `around` has the last word on who understands.
        """
        definition = with_threshold(pack.definition, settings.escalation_confidence_threshold)
        definition = with_models(definition, settings.pack_models)
        models = self.models(pack, definition)
        knowledge = await self.knowledge(pack, store)
        learnt = await learn(
            [(example, intent.name) for intent in definition.intents for example in intent.examples], self.cache
        )
        classifier = around(models.classifier(LocalClassifier(self.encoder, learnt)))
        labels = versions_of(
            definition,
            pack.digest,
            model=settings.model_version or models.name_of(self.encoder.name),
            workflow=settings.workflow_version,
        )
        maps = await keep_version(store, definition, version_of(definition, pack.digest), SystemClock().now())
        graph = build_turn_graph(
            definition,
            classifier=classifier,
            scales=models.scales(LocalScales(self.encoder, await learn_scales(definition.scales, self.cache))),
            drafter=models.drafter(),
            knowledge=knowledge,
            numbers=store,
            render=pack.render,
            versions=labels,
            on_step=on_step,
            span=span,
            maps=maps,
        )
        return Business(
            pack=with_rules(definition, settings.converse.rules),
            zone=ZoneInfo(settings.converse.timezone),
            digest=pack.digest,
            work=work_with(driver_of(graph, settings.graph_driver)),
            classifier=classifier,
            knowledge=knowledge,
            render=pack.render,
            maps=maps,
            labels=labels,
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
    watch: Instruments | None = None,
) -> AsyncIterator[Service]:
    """A service at work, and its clean stop.

    Args:
        connect: gives the store the connection that it writes on.
        around: has the last word on what the use cases work with; it may wrap any port.
        watch: what its work is counted, timed and traced with; it is closed at the stop.

    Raises:
        PackInvalid, PackNotFound, DataFolderInUse, DataFolderUnusable: it does not start; the message says why.
    """
    clock, ids, watch = clock or SystemClock(), ids or RandomIds(), watch or Instruments()
    async with AsyncExitStack() as stack:  # what is opened first is closed last
        notify = subscription(settings)
        performers = await stack.enter_async_context(_opened_performers(settings, clock))
        stack.push_async_callback(watch.close)
        told = told_of_calls(watch)
        models = Models(connections_of(settings), timeout_seconds=settings.model_timeout_seconds, on_call=told)
        language = Language(settings.data_dir, models, told)
        stack.callback(language.encoder.close)
        warm = asyncio.create_task(language.encoder.warm())  # on its thread, while packs are read
        packs = packs if packs is not None else await asyncio.to_thread(load_packs, packs_folder(settings))
        store = await stack.enter_async_context(_opened_store(settings, clock, connect))
        await warm
        owner = f"{socket.gethostname()}:{os.getpid()}:{ids.new()[:8]}"
        news = await stack.enter_async_context(_opened_news(settings, owner))
        live = frozenset(pack.definition.name for pack in packs if pack.definition.live)
        on_step = told_all((notice_intent, LiveSteps(news.hot, clock, live, watch.trail)))
        span = watch.traces.span if watch.traces else None
        businesses = await _businesses(language, packs, store, settings, on_step, span)
        chat = ChatChannel(news.lines, ChatSettings(secrets=tuple(listed(settings.converse_secret_key))))
        channels = await stack.enter_async_context(opened_channels(settings, news.limiter))
        backend = open_backend(settings.converse.backend)
        stack.push_async_callback(backend.close)
        _warn_of_samples(settings, sorted(set(channels) - {ChatChannel.name}))
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
            model_server=OllamaServer(settings.ollama_base_url),
            channels={**channels, **({chat.name: chat} if is_on(settings, chat.name) else {})},
            backend=backend,
            live=live,
            sinks=(*sinks, ChatNews(news.lines, CONVERSE)),
            performers=performers,
            notify=notify,
            works=settings.worker,
            limits=Limits(
                key_seconds=settings.idempotency_ttl_seconds,
                turn_wait_seconds=settings.turn_wait_seconds,
                heartbeat_seconds=settings.lease_seconds / 3,
                retry_seconds=settings.retry_backoff_seconds,
            ),
        )
        service = Service.of(around(observed(engine, watch)), news.limiter)
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
        if not settings.worker and settings.database_url is None:
            log.warning("nothing works in the background: WORKER is false, and only this process has the store")
        yield service
    log.info("stopped")


def subscription(settings: Settings) -> Subscription:
    """Who is told how runs end, and of what.

    Raises:
        SettingInvalid, SettingUnusable: the message says which and why, and gives no secret away.
    """
    types = listed(settings.notify_events)
    if unknown := [name for name in types if name not in NOTICE_TYPES]:
        reason = f"no event that is told of; these are: {', '.join(NOTICE_TYPES)}"
        raise SettingInvalid(name="NOTIFY_EVENTS", value=unknown[0], reason=reason)
    return Subscription(
        receivers=tuple(one.receiver for one in endpoints("NOTIFY_URLS", listed(settings.notify_urls))),
        types=frozenset(name for name in NOTICE_TYPES if name in types),
        attempts=settings.notify_attempts,
    )


@asynccontextmanager
async def _opened_performers(settings: Settings, clock: Clock) -> AsyncIterator[Performers]:
    """Whoever keeps each kind of effect."""
    told = endpoints("NOTIFY_URLS", listed(settings.notify_urls))
    secrets = check_secrets("NOTIFY_SECRETS", listed(settings.notify_secrets))
    if told and not secrets:
        raise SettingMissing(name="NOTIFY_SECRETS", what="NOTIFY_URLS")
    async with open_webhooks(told, secrets, clock, timeout_seconds=settings.notify_timeout_seconds) as performers:
        yield performers


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
    lines: Lines
    limiter: Limiter


@asynccontextmanager
async def _opened_news(settings: Settings, owner: str) -> AsyncIterator[_News]:
    """Signals, wake-ups and hot state: in process, or over the Redis that the settings name."""
    if settings.redis_url is None:
        if settings.rate_limit_storage == "redis":
            raise SettingMissing(name="REDIS_URL", what="RATE_LIMIT_STORAGE=redis")
        hot = MemoryHotState(clock=SystemClock(), key_ttl_seconds=settings.idempotency_ttl_seconds)
        yield _News(
            signals=MemorySignals(),
            wake_ups=MemoryWakeUps(),
            hot=hot,
            lines=MemoryLines(),
            limiter=MemoryLimiter(),
        )
        return
    try:
        from antiphon.limits.redis import RedisLimiter  # noqa: PLC0415 - its driver is an extra
        from antiphon.queue.redis import BLOCK_SECONDS, RedisWakeUps  # noqa: PLC0415
        from antiphon.signals.link import RedisLink  # noqa: PLC0415
        from antiphon.signals.news import RedisNews  # noqa: PLC0415
        from antiphon.signals.redis import RedisHotState, RedisSignals  # noqa: PLC0415
        from antiphon.signals.redis_lines import RedisLines  # noqa: PLC0415
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
        yield _News(
            signals=signals,
            wake_ups=wake_ups,
            hot=RedisHotState(link, heard, key_ttl_seconds=settings.idempotency_ttl_seconds),
            lines=RedisLines(link, heard),
            limiter=RedisLimiter(link) if settings.rate_limit_storage == "redis" else MemoryLimiter(),
        )
    finally:
        await wake_ups.close()
        await heard.close()
        await reader.close()
        await link.close()


def _warn_of_samples(settings: Settings, sending: list[str]) -> None:
    """Say so when the sample contacts of the mock backend could really be written to."""
    if sending and not settings.converse.backend.base_url:
        log.warning(
            "the mock backend answers, and %s can send: the rules of converse would write to its sample contacts; "
            "set backend.base_url in the settings file, or enabled: false in the rules",
            " and ".join(sending),
        )


async def _businesses(
    language: Language,
    packs: list[LoadedPack],
    store: Store,
    settings: Settings,
    on_step: OnStep,
    span: Span | None,
) -> dict[PackName, Business]:
    try:
        return {pack.definition.name: await language.business(pack, store, settings, on_step, span) for pack in packs}
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
        SettingInvalid, SettingMissing: a setting that cannot be meant so.
    """
    door = door_of(settings)
    watch = watch_of(settings)
    async with open_service(settings, watch=watch) as service:
        return await listen(create_app(lambda: nullcontext(service), door, watch))


async def work_service(
    settings: Settings, stopped: Callable[[], Awaitable[None]], begun: Callable[[], None] = lambda: None
) -> None:
    """Open a service without HTTP, let it work until `stopped` returns, and stop it cleanly.

    `stopped` is called before anything is opened, since a signal may come while it is; `begun` is called after.

    Raises:
        PackInvalid, PackNotFound, DataFolderInUse, DataFolderUnusable: as `open_service`.
        SettingInvalid, SettingMissing: a setting that cannot be meant so.
    """
    stopping = asyncio.ensure_future(stopped())
    await asyncio.sleep(0)  # it has begun to listen
    watch = watch_of(settings)
    async with open_service(settings.model_copy(update={"worker": True}), watch=watch) as service:
        begun()
        if settings.metrics_port is None:
            await stopping
            return
        async with beside(metrics_app(service, watch.metrics), settings.host, settings.metrics_port):
            await stopping


def application(settings: Settings) -> FastAPI:
    """The HTTP application of these settings; it opens a service of its own when it starts."""
    watch = watch_of(settings)
    return create_app(lambda: open_service(settings, watch=watch), door_of(settings), watch)


def watch_of(settings: Settings) -> Instruments:
    """Metrics, and traces where these settings name somebody who takes them.

    Raises:
        ExtraMissing: they do, and what sends traces is not installed.
    """
    try:
        return instruments(settings.otel_exporter_otlp_endpoint, version=__version__)
    except ImportError:
        raise ExtraMissing(what="OTEL_EXPORTER_OTLP_ENDPOINT", extra="otel") from None


def door_of(settings: Settings) -> Door:
    """What these settings ask of whoever comes in.

    Raises:
        SettingInvalid: a rate limit that cannot be read.
    """
    return Door(
        origins=settings.origins,
        disclose=settings.app_env == "development",
        webhook_keys=listed(settings.webhook_api_key),
        admin_keys=listed(settings.autoflow_admin_api_key),
        signatures=_signatures(settings),
        webhook_limit=check_limit("WEBHOOK_RATE_LIMIT", settings.webhook_rate_limit),
        heartbeat_seconds=settings.websocket_heartbeat_seconds,
        inbound=inbound_of(settings),
    )


def _signatures(settings: Settings) -> Signatures | None:
    secrets = check_secrets("WEBHOOK_SIGNING_SECRETS", listed(settings.webhook_signing_secrets))
    return Signatures(secrets) if secrets else None


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
