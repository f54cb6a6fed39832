"""Vectors kept on disk, so that a pack's examples and passages are encoded once and not at every start."""

import asyncio
import shutil
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from io import SEEK_END, FileIO
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np

from antiphon.core.names import Vector
from antiphon.language.encoder import DIMENSIONS, Progress

# A file is a header of 32 bytes and records of one size, each the hash of a text, a check sum and its vector.
RECORD = np.dtype([("key", "V16"), ("check", "<u4"), ("vector", f"V{4 * DIMENSIONS}")])
HEADER_SIZE = 32
SCAN_RECORDS = 4_096  # read at a time when the file is opened: 6 MB
APPEND_RECORDS = 256  # kept at a time: a third of a second of encoding is what a crash can cost


class BatchEncoder(Protocol):
    """What the cache asks for vectors that it does not have."""

    @property
    def fingerprint(self) -> str:
        """The name of the encoder's version, fit for a file name."""
        ...

    async def encode_all(self, texts: Sequence[str], on_progress: Progress | None = None) -> list[Vector]:
        """The vectors of many texts, in their order."""
        ...


class EmbeddingCache:
    """One file of vectors for one encoder, found by the hash of the text. One process at a time may write it.

    It is a cache and never a truth: a torn tail is overwritten, a damaged record is encoded again, and a file
    with a strange header is begun anew.
    """

    def __init__(self, folder: Path, encoder: BatchEncoder, *, seed: Path | None = None) -> None:
        """A file that is not there yet begins as a copy of `seed`, if that is there."""
        self._seed = seed
        self._path = folder / f"{encoder.fingerprint}.vectors"
        self._header = blake2b(encoder.fingerprint.encode(), digest_size=HEADER_SIZE).digest()
        self._encoder = encoder
        self._places: dict[bytes, int] | None = None  # hash of a text to its record's number
        self._count = 0  # whole records in the file
        self._turn = asyncio.Lock()  # a second caller finds what the first one encoded
        self._file = Lock()  # a cancelled caller leaves a thread behind that may still be writing

    async def vectors(self, texts: Sequence[str], on_progress: Progress | None = None) -> list[Vector]:
        """The vectors of these texts, in their order; only what is missing is encoded.

        Raises:
            OSError: the folder cannot be written.
        """
        async with self._turn:
            keys = [blake2b(text.encode("utf-8", "replace"), digest_size=16).digest() for text in texts]
            known = await asyncio.to_thread(self._read, keys)
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
            waiting = list(missing.items())
            for start in range(0, len(waiting), APPEND_RECORDS):
                part = waiting[start : start + APPEND_RECORDS]
                made = await self._encoder.encode_all([text for _, text in part])
                fresh = {key: vector for (key, _), vector in zip(part, made, strict=True)}
                await asyncio.to_thread(self._append, fresh)
                known.update(fresh)
                if on_progress is not None:
                    on_progress(start + len(part), len(waiting))
            return [known[key] for key in keys]

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, Vector]:
        """What the file knows of these, each checked."""
        with self._opened() as file:
            if self._places is None:
                self._places = self._scan(file)
            places = {key: self._places[key] for key in keys if key in self._places}
            found = {}
            for key, place in sorted(places.items(), key=lambda item: item[1]):
                data = _read_at(file, _offset(place), RECORD.itemsize)
                vector = data[20:]
                if data == _record(key, vector) and len(vector) == 4 * DIMENSIONS:
                    found[key] = vector
            return found

    def _scan(self, file: FileIO) -> dict[bytes, int]:
        if _read_at(file, 0, HEADER_SIZE) != self._header:
            file.truncate(0)
            _write_at(file, 0, self._header)
        self._count = (file.seek(0, SEEK_END) - HEADER_SIZE) // RECORD.itemsize  # a torn tail does not count
        places = {}
        for start in range(0, self._count, SCAN_RECORDS):
            size = min(SCAN_RECORDS, self._count - start) * RECORD.itemsize
            part = np.frombuffer(_read_at(file, _offset(start), size), dtype=RECORD)
            places.update({key.tobytes(): place for place, key in enumerate(part["key"], start)})
        return places

    def _append(self, vectors: dict[bytes, Vector]) -> None:
        """Written at the place counted, not at the end: whatever a torn write left there is covered."""
        if self._places is None:
            raise AssertionError("the file is scanned before anything is appended")
        with self._opened() as file:
            data = b"".join(_record(key, vector) for key, vector in vectors.items())
            _write_at(file, _offset(self._count), data)
            self._places.update({key: place for place, key in enumerate(vectors, self._count)})
            self._count += len(vectors)

    @contextmanager
    def _opened(self) -> Iterator[FileIO]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._seed and self._seed.exists() and not self._path.exists():
            shutil.copyfile(self._seed, self._path)  # a copy cut short has a torn tail, which is encoded again
        self._path.touch()
        with self._file, FileIO(self._path, "r+") as file:
            yield file


def _read_at(file: FileIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)


def _write_at(file: FileIO, offset: int, data: bytes) -> None:
    """All of it: a disk that is filling up takes a part first and refuses the rest with its reason."""
    file.seek(offset)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _offset(place: int) -> int:
    return HEADER_SIZE + place * RECORD.itemsize


def _record(key: bytes, vector: Vector) -> bytes:
    return key + zlib.crc32(vector, zlib.crc32(key)).to_bytes(4, "little") + vector
