"""A trial of retrieval: passages indexed as the product indexes them, and what queries find among them."""

import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from antiphon.cli.json_lines import Once, Query, Text, lines_of
from antiphon.cli.trial import bars, workplace
from antiphon.clock import SystemClock
from antiphon.core.errors import KnowledgeBroken
from antiphon.core.pack import KnowledgeDef
from antiphon.core.passage import Found
from antiphon.knowledge import KnowledgeBase
from antiphon.knowledge.measure import Judged, Measures
from antiphon.language.embeddings import EmbeddingCache
from antiphon.language.encoder import OnnxEncoder
from antiphon.storage.sqlite import open_sqlite

DEPTH = 20  # passages asked for: as many as a caller of /retrieve may have
PACK = "evaluation"
FILE = "passages.jsonl"
LOOK_SECONDS = 0.1  # between two looks at how far the indexing is


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrievalTrial:
    """What came of it."""

    measures: Measures
    passages: int
    indexing_seconds: float  # with vectors that were kept, reading them
    p50_ms: float  # from a query to what it finds, one after the other


async def try_retrieval(passages: Path, queries: Path, data: Path | None) -> RetrievalTrial:
    """Index `passages` and search them for `queries`, with the store and the knowledge base of the product.

    Raises:
        LineInvalid: a line of either file is none, or a query names a passage that is not there.
        DataFolderInUse, DataFolderUnusable: `data` cannot be used.
    """
    once = Once()
    texts = lines_of(passages, Text, once)
    known, asked_once = once.ids, Once()
    asked = lines_of(queries, Query, lambda line: asked_once(line) or _missing(line, known))
    encoder = OnnxEncoder()
    try:
        async with workplace(data) as folder:
            await asyncio.to_thread(_write, folder / FILE, texts)
            stores = await open_sqlite(folder / "store", clock=SystemClock())
            cache = EmbeddingCache(folder / "embeddings", encoder)
            files = KnowledgeDef(files=(FILE,))
            knowledge = KnowledgeBase(PACK, folder, files, encoder, stores.tenant(), cache.vectors)
            try:
                with bars() as progress:
                    begun = time.perf_counter()
                    await _index(knowledge, progress)
                    indexed = time.perf_counter() - begun
                    judged, times = await _ask(knowledge, asked, known, progress)
            finally:
                await stores.close()
    finally:
        encoder.close()
    return RetrievalTrial(
        measures=Measures.of(judged),
        passages=len(texts),
        indexing_seconds=indexed,
        p50_ms=statistics.median(times) * 1000,
    )


async def _index(knowledge: KnowledgeBase, progress: Progress) -> None:
    bar = progress.add_task("indexing", total=None)
    loading = asyncio.create_task(knowledge.load())
    while not (await asyncio.wait([loading], timeout=LOOK_SECONDS))[0]:
        done, total = knowledge.indexing or (0, 0)
        progress.update(bar, completed=done, total=total or None)
    await loading
    progress.remove_task(bar)
    if knowledge.broken:
        raise KnowledgeBroken(reason=knowledge.broken)


async def _ask(
    knowledge: KnowledgeBase, queries: Sequence[Query], known: set[str], progress: Progress
) -> tuple[list[Judged], list[float]]:
    judged: list[Judged] = []
    times: list[float] = []
    for query in progress.track(queries, description="searching"):
        begun = time.perf_counter()
        found = await knowledge.retrieve(query.text, top_k=DEPTH)
        times.append(time.perf_counter() - begun)
        judged.append((_ids(found, known), frozenset(query.relevant)))
    return judged, times


def _ids(found: Sequence[Found], known: set[str]) -> list[str]:
    """The ids as the file has them; of a long passage, which was cut, the best piece counts."""
    return list(dict.fromkeys(_id(one.passage.id, known) for one in found))


def _id(passage_id: str, known: set[str]) -> str:
    own = passage_id.removeprefix(f"{FILE}#")
    return own if own in known else own.rpartition("~")[0]


def _missing(query: Query, known: set[str]) -> str | None:
    missing = next((id_ for id_ in query.relevant if id_ not in known), None)
    return f"no passage has the id {missing}" if missing else None


def _write(file: Path, texts: Sequence[Text]) -> None:
    with file.open("w", encoding="utf-8") as opened:
        opened.writelines(json.dumps({"id": line.id, "text": line.text}) + "\n" for line in texts)
