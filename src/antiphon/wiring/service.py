"""A service at work, and its clean stop: the one place where everything meets."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext

from fastapi import FastAPI

from antiphon.api.app import create_app
from antiphon.api.autostream.names import PACK as AUTOSTREAM
from antiphon.api.autostream.names import SESSION
from antiphon.api.converse.names import PACK as CONVERSE
from antiphon.api.metrics import metrics_app
from antiphon.backend import open_backend
from antiphon.beside import beside
from antiphon.channels.chat import ChatChannel, ChatNews, ChatSettings
from antiphon.clock import RandomIds, SystemClock
from antiphon.engine.engine import Engine, Limits
from antiphon.engine.live import LiveSteps
from antiphon.engine.service import Service
from antiphon.language.models.open import Models
from antiphon.language.models.reach import OllamaServer
from antiphon.loader import LoadedPack
from antiphon.observed import notice_intent, observed, told_all, told_of_calls
from antiphon.ports import (
    Clock,
    Ids,
)
from antiphon.settings import Settings, listed
from antiphon.sinks.json_files import JsonFiles
from antiphon.storage.sqlite import Connecting, connect
from antiphon.telemetry import Instruments
from antiphon.wiring.channels import is_on, opened_channels
from antiphon.wiring.door import door_of
from antiphon.wiring.language import Language, businesses_of, reloading
from antiphon.wiring.models import connections_of
from antiphon.wiring.news import opened_news
from antiphon.wiring.notices import opened_performers, subscription
from antiphon.wiring.packs import load_packs, packs_folder
from antiphon.wiring.store import opened_store
from antiphon.wiring.watch import watch_of

log = logging.getLogger(__name__)


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
        performers = await stack.enter_async_context(opened_performers(settings, clock))
        stack.push_async_callback(watch.close)
        told = told_of_calls(watch)
        models = Models(connections_of(settings), timeout_seconds=settings.model_timeout_seconds, on_call=told)
        language = Language(settings.data_dir, models, told)
        stack.callback(language.encoder.close)
        warm = asyncio.create_task(language.encoder.warm())  # on its thread, while packs are read
        packs = packs if packs is not None else await asyncio.to_thread(load_packs, packs_folder(settings))
        store = await stack.enter_async_context(opened_store(settings, clock, connect))
        await warm
        owner = f"{socket.gethostname()}:{os.getpid()}:{ids.new()[:8]}"
        news = await stack.enter_async_context(opened_news(settings, owner))
        live = frozenset(pack.definition.name for pack in packs if pack.definition.live)
        on_step = told_all((notice_intent, LiveSteps(news.hot, clock, live, watch.trail)))
        span = watch.traces.span if watch.traces else None
        businesses = await businesses_of(language, packs, store, settings, on_step, span)
        chat = ChatChannel(news.lines, ChatSettings(secrets=tuple(listed(settings.converse_secret_key))))
        channels = await stack.enter_async_context(opened_channels(settings, news.limiter))
        backend = open_backend(settings.converse.backend)
        stack.push_async_callback(backend.close)
        warn_of_samples(settings, sorted(set(channels) - {ChatChannel.name}))
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
        await stack.enter_async_context(reloading(businesses))
        log.info(
            "ready with packs %s in %s",
            ", ".join(businesses),
            "PostgreSQL" if settings.database_url else settings.data_dir,
        )
        if not settings.worker and settings.database_url is None:
            log.warning("nothing works in the background: WORKER is false, and only this process has the store")
        yield service
    log.info("stopped")


def warn_of_samples(settings: Settings, sending: list[str]) -> None:
    """Say so when the sample contacts of the mock backend could really be written to."""
    if sending and not settings.converse.backend.base_url:
        log.warning(
            "the mock backend answers, and %s can send: the rules of converse would write to its sample contacts; "
            "set backend.base_url in the settings file, or enabled: false in the rules",
            " and ".join(sending),
        )


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
