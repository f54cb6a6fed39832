"""The sentence encoder: a message becomes a vector, one message at a time, on a thread of its own.

Many texts at once, say a knowledge base, have threads of their own, so that no live message waits for them. One at a
time on each, because activations are quantised per tensor: in a batch, a sentence's vector would change with
its neighbours, and the same message must be understood the same way under load.
"""

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from antiphon.core.names import Vector

if TYPE_CHECKING:
    import onnxruntime  # type: ignore[import-untyped]  # it ships no types
    import tokenizers

DIMENSIONS = 384  # float32 numbers in a vector
MODEL = Path(__file__).parent / "minilm" / "minilm-l6-int8.onnx"
TOKENIZER = MODEL.parent / "tokenizer.json"
SEED = MODEL.parent / "packs.vectors"  # of what the shipped packs say; made at set-up, see scripts/seed_vectors.py

# What the shipped files hash to (SHA-256). Stated here so that a cache need not read 23 MB to know its key;
# a test compares them with the files.
MODEL_SHA256 = "d730a12a6a0fff882381361e0168d7e1341b426e6f5a2b17e7a4aca312aa619a"
TOKENIZER_SHA256 = "5ac05969810dbbe56448d6c6e72540dc3ca10443aa98555bd839156e70163b75"

MAX_TOKENS = 256  # what the model was made for; later words are not read
MAX_CHARACTERS = 8_192  # 32 for each token that is read; tokenizing the rest would be time for nothing
REMEMBERED = 4_096  # recent messages; 6 MB of vectors
REMEMBERED_CHARACTERS = 1_000  # longer texts rarely come twice, and a sender could fill memory with them
MANY_THREADS = min(2, os.cpu_count() or 1)  # for many texts; with more, live messages would feel it
HANDED_OVER = 32  # of many texts, to their thread at once; a stop waits for so many

Progress: TypeAlias = Callable[[int, int], None]  # how many texts are done, of how many


class OnnxEncoder:
    """all-MiniLM-L6-v2 in int8 on one core. Loaded at the first message; `warm` does it beforehand.

    A vector is 384 little-endian float32 numbers of unit length; `np.frombuffer(vector, "<f4")` reads it, and
    the dot product of two is their cosine.
    """

    name = "all-MiniLM-L6-v2-int8"
    fingerprint = f"{MODEL_SHA256[:16]}-{TOKENIZER_SHA256[:8]}"  # equal ones, comparable vectors

    def __init__(self, *, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._recent: OrderedDict[str, Vector] = OrderedDict()
        self._running: dict[str, Future[Vector]] = {}
        self._lock = Lock()  # guards the two above; held for dictionary work only
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")
        self._many = ThreadPoolExecutor(MANY_THREADS, thread_name_prefix="encoder-many")
        self._loading = Lock()
        self._model: _Model | None = None  # one for all threads: it may be run by several at once

    async def encode(self, text: str) -> Vector:
        """The vector of one text. A recent one is answered at once, without leaving the loop."""
        found = self._recall_or_start(text)
        if isinstance(found, bytes):
            return found
        # Shielded: others may wait for the same text when this caller is cancelled.
        return await asyncio.shield(asyncio.wrap_future(found))

    def encode_now(self, text: str) -> Vector:
        """The same for a thread that may block. Never call it on the event loop."""
        found = self._recall_or_start(text)
        return found if isinstance(found, bytes) else found.result()

    async def encode_all(self, texts: Sequence[str], on_progress: Progress | None = None) -> list[Vector]:
        """The vectors of many texts, in their order. Live messages do not wait for them.

        They are not remembered: a live message is rarely one of them.
        """
        loop = asyncio.get_running_loop()
        starts = range(0, len(texts), HANDED_OVER)
        parts = [texts[start : start + HANDED_OVER] for start in starts]
        waiting = [loop.run_in_executor(self._many, self._compute_all, part) for part in parts]
        vectors: list[Vector] = []
        try:
            for made in waiting:
                vectors += await made
                if on_progress is not None:
                    on_progress(len(vectors), len(texts))
        finally:
            for made in waiting:  # a caller that goes away, or a failure, takes back what was not begun
                made.cancel()
        return vectors

    async def warm(self) -> None:
        """Load the model and run it once, so that the first message does not wait 0.3 s."""
        await self.encode("hello")

    def close(self) -> None:
        """Finish the texts in work, drop the waiting ones, and free the model. A later text is refused."""
        self._many.shutdown(wait=False, cancel_futures=True)
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._many.shutdown(wait=True)
        self._model = None

    def _recall_or_start(self, text: str) -> Vector | Future[Vector]:
        key = text[:MAX_CHARACTERS]
        with self._lock:
            vector = self._recent.get(key)
            if vector is not None:
                self._recent.move_to_end(key)
                return vector
            running = self._running.get(key)
            if running is None:
                running = self._running[key] = self._thread.submit(self._compute, key)
                started = True
            else:
                started = False
        if started:  # outside the lock: a future that is already done calls back at once
            running.add_done_callback(lambda future: self._keep(key, future))
        return running

    def _compute(self, text: str) -> Vector:
        with self._loading:
            model = self._model = self._model or _Model()
        return model.run(text)

    def _compute_all(self, texts: Sequence[str]) -> list[Vector]:
        return [self._compute(text[:MAX_CHARACTERS]) for text in texts]

    def _keep(self, key: str, future: Future[Vector]) -> None:
        with self._lock:
            del self._running[key]
            if future.cancelled() or future.exception() is not None or len(key) > REMEMBERED_CHARACTERS:
                return
            self._recent[key] = future.result()
            if len(self._recent) > self._remembered:
                self._recent.popitem(last=False)


class _Model:
    """The tokenizer and the network, loaded."""

    _session: "onnxruntime.InferenceSession"
    _tokenizer: "tokenizers.Tokenizer"

    def __init__(self) -> None:
        import onnxruntime  # noqa: PLC0415  # 0.2 s, and only the encoder's thread should pay it
        import tokenizers  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a message is too small to divide; other cores have other work
        options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # it keeps a plan for every length of message ever seen
        self._session = onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])
        self._tokenizer = tokenizers.Tokenizer.from_file(str(TOKENIZER))
        self._tokenizer.no_padding()  # a fixed length would make a message eight times dearer
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def run(self, text: str) -> Vector:
        # A lone surrogate is no text; the tokenizer would refuse the whole message for it.
        readable = text.encode("utf-8", "replace").decode("utf-8")
        ids = np.array([self._tokenizer.encode(readable).ids], dtype=np.int64)
        (vectors,) = self._session.run(["e"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        return np.asarray(vectors[0], dtype="<f4").tobytes()
