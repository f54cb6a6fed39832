# ruff: noqa: ASYNC240  # files of a megabyte in a test; nobody waits for the loop
import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import pytest

from antiphon.core.names import Vector
from antiphon.language.embeddings import HEADER_SIZE, RECORD, EmbeddingCache
from antiphon.language.encoder import DIMENSIONS, Progress

TEXTS = [f"text {n}" for n in range(600)]


class Hashing:
    """An encoder whose vectors are made of the text's hash, and which remembers what it was asked."""

    def __init__(self, fingerprint: str = "hashing") -> None:
        self.fingerprint = fingerprint
        self.asked: list[str] = []

    async def encode_all(self, texts: Sequence[str], on_progress: Progress | None = None) -> list[Vector]:
        self.asked += texts
        return [vector_of(text) for text in texts]


def vector_of(text: str) -> Vector:
    return blake2b(text.encode(), digest_size=64).digest() * (4 * DIMENSIONS // 64)


async def reopened(folder: Path, texts: Sequence[str]) -> list[str]:
    """What a new process must encode; it gets the right vectors either way."""
    encoder = Hashing()
    assert await EmbeddingCache(folder, encoder).vectors(texts) == [vector_of(text) for text in texts]
    return encoder.asked


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    await reopened(tmp_path, TEXTS)
    return tmp_path / "hashing.vectors"


async def test_what_is_known_is_not_encoded_again(file: Path) -> None:
    assert await reopened(file.parent, TEXTS) == []
    assert await reopened(file.parent, [*TEXTS, "another", "another"]) == ["another"]
    assert await reopened(file.parent, ["another", *TEXTS[::-1]]) == []


async def test_two_callers_at_once_encode_once(tmp_path: Path) -> None:
    encoder = Hashing()
    cache = EmbeddingCache(tmp_path, encoder)
    await asyncio.gather(cache.vectors(TEXTS[:20]), cache.vectors(TEXTS[10:30]))
    assert sorted(encoder.asked) == sorted(TEXTS[:30])


@pytest.mark.parametrize("lost", [1, RECORD.itemsize - 1, RECORD.itemsize])
async def test_a_torn_tail_costs_one_text(file: Path, lost: int) -> None:
    file.write_bytes(file.read_bytes()[:-lost])
    assert await reopened(file.parent, TEXTS) == TEXTS[-1:]
    assert await reopened(file.parent, TEXTS) == []


async def test_new_records_cover_a_torn_tail(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"torn")
    assert await reopened(file.parent, [*TEXTS, "next"]) == ["next"]
    assert await reopened(file.parent, [*TEXTS, "next"]) == []


async def test_a_damaged_record_is_encoded_again(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[HEADER_SIZE + 7 * RECORD.itemsize + 100] ^= 1
    file.write_bytes(data)
    assert await reopened(file.parent, TEXTS) == [TEXTS[7]]
    assert await reopened(file.parent, TEXTS) == []


@pytest.mark.parametrize("header", [b"", b"\0" * HEADER_SIZE, b"something else entirely" * 90])
async def test_a_strange_file_is_begun_anew(file: Path, header: bytes) -> None:
    file.write_bytes(header)
    assert await reopened(file.parent, TEXTS[:3]) == TEXTS[:3]
    assert await reopened(file.parent, TEXTS[:3]) == []


async def test_each_encoder_has_a_file(file: Path) -> None:
    other = Hashing("other")
    await EmbeddingCache(file.parent, other).vectors(TEXTS[:2])
    assert other.asked == TEXTS[:2]
    assert {path.name for path in file.parent.iterdir()} == {"hashing.vectors", "other.vectors"}


async def test_a_new_file_begins_as_a_copy_of_the_seed(tmp_path: Path) -> None:
    first = Hashing()
    await EmbeddingCache(tmp_path / "made", first).vectors(TEXTS)
    (seed,) = (tmp_path / "made").glob("*.vectors")
    second = Hashing()
    found = await EmbeddingCache(tmp_path / "new", second, seed=seed).vectors([*TEXTS, "one more"])
    assert found == [vector_of(text) for text in [*TEXTS, "one more"]]
    assert second.asked == ["one more"]
