"""Packs made ready to work: what they are understood with, learnt; their knowledge, read and read again."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from antiphon.clock import SystemClock
from antiphon.core.errors import (
    AntiphonError,
    DataFolderUnusable,
)
from antiphon.core.model import ModelName, split
from antiphon.core.names import PackName
from antiphon.core.pack import PackDef
from antiphon.engine.engine import Business
from antiphon.engine.pack_versions import keep_version
from antiphon.engine.versions import version_of, versions_of
from antiphon.graph.build import build_turn_graph
from antiphon.graph.drivers import driver_of
from antiphon.graph.work import work_with
from antiphon.knowledge.base import KnowledgeBase
from antiphon.language.embeddings import EmbeddingCache
from antiphon.language.encoder import SEED, OnnxEncoder
from antiphon.language.intents import learn
from antiphon.language.local import LocalClassifier
from antiphon.language.models.open import Models, PackModels
from antiphon.language.scales import LocalScales, learn_scales
from antiphon.loader import LoadedPack
from antiphon.ports import (
    Classifier,
    Model,
    OnCall,
    OnStep,
    Span,
    Store,
)
from antiphon.settings import Settings
from antiphon.testing.model import ScriptedModel, read_script
from antiphon.wiring.packs import with_models, with_rules, with_threshold

log = logging.getLogger(__name__)


RELOAD_SECONDS = 2.0  # how soon a repaired knowledge file is noticed; a look costs a stat a file


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


async def businesses_of(
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
async def reloading(businesses: Mapping[PackName, Business]) -> AsyncIterator[None]:
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
