"""Large bases: read beside everything else, with progress, and taken up where they were left."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from antiphon.core.errors import KnowledgeBroken, KnowledgeIndexing
from antiphon.core.names import Vector
from antiphon.knowledge import base as base_module
from antiphon.knowledge import encoding
from antiphon.language.embeddings import EmbeddingCache
from antiphon.language.encoder import Progress
from antiphon.testing import WordEncoder
from tests.knowledge.shelf import Shelf

DUCKS = [{"id": f"d{number}", "text": f"Duck {number} swims in pond {number % 7}."} for number in range(40)]


def lines(passages: Sequence[dict[str, str]]) -> str:
    """JSON Lines."""
    return "\n".join(map(json.dumps, passages))


class Gate:
    """Vectors that come part by part, when they are let through; `asked` lists the texts."""

    def __init__(self, shelf: Shelf) -> None:
        self._encoder = shelf.encoder
        self._parts = asyncio.Semaphore(0)
        self.asked: list[str] = []
        self.waiting = asyncio.Event()  # somebody stands before the gate

    def let_through(self, parts: int) -> None:
        """So many parts more."""
        self.waiting.clear()
        for _ in range(parts):
            self._parts.release()

    async def vectors(self, texts: Sequence[str]) -> list[Vector]:
        if self._parts.locked():
            self.waiting.set()
        await self._parts.acquire()
        self.asked += texts
        return [await self._encoder.encode(text) for text in texts]


@pytest.fixture
def gate(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Gate:
    monkeypatch.setattr(encoding, "PART", 10)
    monkeypatch.setattr(base_module, "AT_ONCE", 500)
    opened = Gate(shelf)
    monkeypatch.setattr(Shelf, "_vectors", lambda _, texts: opened.vectors(texts))
    return opened


async def test_a_small_base_is_there_at_once(shelf: Shelf, gate: Gate) -> None:
    shelf.put("a.jsonl", lines(DUCKS[:2]))
    base = shelf.base("knowledge/*")
    gate.let_through(1)
    assert await base.load_if_small()
    assert (base.loaded, base.indexing) == (True, None)


async def test_a_large_base_is_read_later_and_says_how_far_it_is(shelf: Shelf, gate: Gate) -> None:
    shelf.put("a.jsonl", lines(DUCKS))
    base = shelf.base("knowledge/*")
    assert not await base.load_if_small()
    assert (base.loaded, base.broken, base.indexing) == (False, None, (0, 0))
    with pytest.raises(KnowledgeIndexing, match="its files are being read"):
        await base.answer("duck 3?")
    loading = asyncio.create_task(base.reload_if_changed())
    for done in (0, 20):
        await gate.waiting.wait()
        assert (base.loaded, base.indexing) == (False, (done, 40))
        with pytest.raises(KnowledgeIndexing, match=f"{done} of 40 passages are ready"):
            await base.retrieve("duck 3?")
        gate.let_through(2)
    assert await loading
    assert (base.loaded, base.indexing) == (True, None)
    assert (await base.retrieve("Duck 3 swims"))[0].passage.id == "knowledge/a.jsonl#d3"


async def test_whoever_catches_broken_knowledge_catches_this_too() -> None:
    assert issubclass(KnowledgeIndexing, KnowledgeBroken)


async def test_what_was_loaded_answers_until_the_change_is_ready(shelf: Shelf, gate: Gate) -> None:
    shelf.put("a.jsonl", lines(DUCKS[:10]))
    gate.let_through(1)
    base = await shelf.loaded()
    shelf.put("a.jsonl", lines([*DUCKS[1:10], {"id": "new", "text": "A swan rests."}]))
    loading = asyncio.create_task(base.reload_if_changed())
    await gate.waiting.wait()
    assert base.indexing == (0, 10)
    assert (await base.retrieve("Duck 0 swims"))[0].passage.id == "knowledge/a.jsonl#d0"
    gate.let_through(1)
    assert await loading
    assert "knowledge/a.jsonl#d0" not in {one.passage.id for one in await base.retrieve("Duck 0 swims", top_k=20)}


async def test_a_large_file_that_is_broken_says_where(shelf: Shelf, gate: Gate) -> None:
    shelf.put("a.jsonl", lines(DUCKS) + "\n{")
    base = shelf.base("knowledge/*")
    assert not await base.load_if_small()
    assert await base.reload_if_changed()
    assert base.broken == "knowledge/a.jsonl, line 41, column 2: Expecting property name enclosed in double quotes"
    assert base.indexing is None
    with pytest.raises(KnowledgeBroken, match="line 41"):
        await base.answer("duck 3?")


class Counting:
    """A batch encoder that notes what it encodes, and may be stopped after so many texts."""

    fingerprint = "counting"

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self.encoded: list[str] = []

    async def encode_all(self, texts: Sequence[str], on_progress: Progress | None = None) -> list[Vector]:
        if len(self.encoded) + len(texts) > self._most:
            raise asyncio.CancelledError
        self.encoded += texts
        return [await WordEncoder(384).encode(text) for text in texts]


async def indexed(shelf: Shelf, cache: Path, encoder: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process reads the knowledge."""
    shelf.encoder = WordEncoder(384)
    monkeypatch.setattr(Shelf, "_vectors", staticmethod(EmbeddingCache(cache, encoder).vectors))
    assert (await shelf.loaded()).loaded


async def test_a_stopped_indexing_goes_on_where_it_was(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "PART", 10)
    shelf.put("a.jsonl", lines(DUCKS))
    first, second = Counting(most=25), Counting()
    with pytest.raises(asyncio.CancelledError):
        await indexed(shelf, tmp_path / "cache", first, monkeypatch)
    await indexed(shelf, tmp_path / "cache", second, monkeypatch)
    assert len(first.encoded) == 20
    assert [*first.encoded, *second.encoded] == [duck["text"] for duck in DUCKS]


async def test_a_changed_file_encodes_only_what_changed(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put("a.jsonl", lines(DUCKS))
    await indexed(shelf, tmp_path / "cache", Counting(), monkeypatch)
    shelf.put("a.jsonl", lines([*DUCKS[:7], {"id": "d7", "text": "Duck 7 has left."}, *DUCKS[8:]]))
    again = Counting()
    await indexed(shelf, tmp_path / "cache", again, monkeypatch)
    assert again.encoded == ["Duck 7 has left."]


async def test_of_many_passages_each_has_one_vector(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faq = [{"question": f"What is duck {n}?", "answer": f"It is bird {n}. It swims."} for n in range(5)]
    shelf.put("faq.json", {"faqs": faq})
    few = Counting()
    await indexed(shelf, tmp_path / "few", few, monkeypatch)
    assert len(few.encoded) == 10  # the question alone, and with its answer
    monkeypatch.setattr(base_module, "FEW", 4)
    many = Counting()
    await indexed(shelf, tmp_path / "many", many, monkeypatch)
    assert many.encoded == [f"What is duck {n}?: It is bird {n}. It swims." for n in range(5)]
