import asyncio
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from antiphon.core.names import Vector
from antiphon.language import encoder as module
from antiphon.language.encoder import DIMENSIONS, OnnxEncoder

SENTENCES = [f"message {n}: {'where is my order ' * (n % 7)}number {n * 37}" for n in range(64)]


def cosine(left: Vector, right: Vector) -> float:
    return float(np.frombuffer(left, "<f4") @ np.frombuffer(right, "<f4"))


async def test_a_vector_has_unit_length_and_near_meanings_are_near(encoder: OnnxEncoder) -> None:
    lost, stolen, pizza = [
        await encoder.encode(text) for text in ("I lost my card", "my card was stolen", "a pizza with olives, please")
    ]
    assert len(lost) == 4 * DIMENSIONS
    assert cosine(lost, lost) == pytest.approx(1, abs=1e-5)
    assert cosine(lost, stolen) > 0.6
    assert cosine(lost, pizza) < 0.3


async def test_a_vector_is_the_same_whatever_runs_beside_it(encoder: OnnxEncoder) -> None:
    alone = [await encoder.encode(text) for text in SENTENCES]
    busy = OnnxEncoder()
    together = await asyncio.gather(*(busy.encode(text) for text in reversed(SENTENCES)))
    busy.close()
    assert together[::-1] == alone


async def test_threads_and_loop_get_the_same(encoder: OnnxEncoder) -> None:
    fresh = OnnxEncoder()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(fresh.encode_now, text) for text in SENTENCES]
        on_loop = await fresh.encode_all(SENTENCES)
        on_threads = await asyncio.to_thread(lambda: [future.result() for future in waiting])
    fresh.close()
    assert on_loop == on_threads == await encoder.encode_all(SENTENCES)


async def test_equal_texts_at_the_same_time_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []

    class Counted:
        def run(self, text: str) -> Vector:
            computed.append(text)
            return text.encode()

    monkeypatch.setattr(module, "_Model", Counted)
    encoder = OnnxEncoder()
    await asyncio.gather(*(encoder.encode(text) for text in ["a", "b"] * 20))
    encoder.close()
    assert sorted(computed) == ["a", "b"]


async def test_a_cancelled_caller_does_not_take_the_vector_from_others() -> None:
    encoder = OnnxEncoder()
    first = asyncio.ensure_future(encoder.encode("shared"))
    second = asyncio.ensure_future(encoder.encode("shared"))
    await asyncio.sleep(0)
    first.cancel()
    assert len(await second) == 4 * DIMENSIONS
    encoder.close()


async def test_a_recent_text_is_answered_without_the_thread() -> None:
    encoder = OnnxEncoder()
    vector = await encoder.encode("again")
    encoder.close()  # the thread is gone; only what is remembered can answer
    assert await encoder.encode("again") == vector
    with pytest.raises(RuntimeError):
        await encoder.encode("never seen")


async def test_memory_is_bounded() -> None:
    encoder = OnnxEncoder(remembered=3)
    for text in ("one", "two", "three", "one", "four", "x" * 2_000):
        await encoder.encode(text)
    encoder.close()
    assert list(encoder._recent) == ["three", "one", "four"]  # the oldest went; the long one was never kept
    assert encoder._running == {}


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\x00", "🙂", "word " * 5_000, "x" * 100_000])
async def test_strange_texts_have_vectors(encoder: OnnxEncoder, text: str) -> None:
    assert cosine(vector := await encoder.encode(text), vector) == pytest.approx(1, abs=1e-5)


async def test_words_after_the_last_token_are_not_read(encoder: OnnxEncoder) -> None:
    assert await encoder.encode("word " * 300) == await encoder.encode("word " * 300 + "different")


async def test_progress_is_told(encoder: OnnxEncoder) -> None:
    told: list[tuple[int, int]] = []
    await encoder.encode_all(["a", "b"], lambda done, of: told.append((done, of)))
    assert told == [(2, 2)]
    await encoder.encode_all(["a"] * 70, lambda done, of: told.append((done, of)))
    assert told[1:] == [(32, 70), (64, 70), (70, 70)]


async def test_a_live_message_does_not_wait_for_many_texts() -> None:
    encoder = OnnxEncoder()
    many_begun, live_is_done = threading.Event(), threading.Event()

    def compute(text: str) -> Vector:
        if text == "one of many":
            many_begun.set()
            assert live_is_done.wait(10)
        return text.encode()

    encoder._compute = compute  # type: ignore[method-assign]
    many = asyncio.ensure_future(encoder.encode_all(["one of many"]))
    assert await asyncio.to_thread(many_begun.wait, 10)
    assert await encoder.encode("live") == b"live"
    live_is_done.set()
    assert await many == [b"one of many"]
    encoder.close()


async def test_the_loop_goes_on_while_encoding() -> None:
    encoder = OnnxEncoder()
    seen: list[str] = []

    def compute(text: str) -> Vector:
        seen.append(threading.current_thread().name)
        return text.encode()

    encoder._compute = compute  # type: ignore[method-assign]
    await encoder.encode("x")
    encoder.close()
    assert seen[0].startswith("encoder")


def test_the_fingerprint_is_of_the_shipped_files() -> None:
    assert hashlib.sha256(module.MODEL.read_bytes()).hexdigest() == module.MODEL_SHA256
    assert hashlib.sha256(module.TOKENIZER.read_bytes()).hexdigest() == module.TOKENIZER_SHA256
