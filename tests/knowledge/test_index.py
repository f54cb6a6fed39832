"""Both indexes, against a model that sorts everything."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.knowledge import faiss_index, index, indexes
from antiphon.knowledge.faiss_index import FaissIndex
from antiphon.knowledge.index import ExactIndex, Floats, Hit, Index, matrix_of
from antiphon.knowledge.sketch import Sketch

Make: TypeAlias = Callable[[Floats], Index]

_SMALL = st.integers(-3, 3).map(float)  # few values, so that ties are common and sums are exact


KINDS: tuple[Make, ...] = (ExactIndex, FaissIndex)


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Make:
    made: Make = request.param
    return made


def modelled(matrix: Floats, query: Floats, top_k: int) -> list[Hit]:
    """What a search should find."""
    scores = [sum(float(a) * float(b) for a, b in zip(row, query, strict=True)) for row in matrix]
    return sorted(enumerate(scores), key=lambda hit: (-hit[1], hit[0]))[: max(top_k, 0)]


def sentences(rows: int, *, seed: int = 0, dimensions: int = 384) -> Floats:
    """Vectors as sentences have them: unit length, around topics, most of them in a few directions."""
    random = np.random.default_rng(seed)
    spread = (np.arange(1, dimensions + 1) ** -0.5).astype(np.float32)
    topics = random.standard_normal((40, dimensions), dtype=np.float32)
    matrix = topics[random.integers(0, 40, rows)] + random.standard_normal((rows, dimensions), dtype=np.float32)
    matrix *= spread
    unit: Floats = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return unit


@given(st.data())
def test_the_best_rows_come_first_and_ties_in_order(data: st.DataObject) -> None:
    dimensions = data.draw(st.integers(1, 4))
    row = st.lists(_SMALL, min_size=dimensions, max_size=dimensions)
    rows = np.array(data.draw(st.lists(row, max_size=30)), dtype=np.float32).reshape(-1, dimensions)
    query = np.array(data.draw(row), dtype="<f4")
    top_k = data.draw(st.integers(-1, 35))
    make = data.draw(st.sampled_from(KINDS))
    assert make(rows).search(query.tobytes(), top_k) == modelled(rows, query, top_k)


def test_an_empty_index_finds_nothing(make: Make) -> None:
    empty = make(matrix_of([]))
    assert len(empty) == 0
    assert empty.search(np.ones(3, dtype="<f4").tobytes(), 3) == []


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same number of dimensions"):
        matrix_of([bytes(8), bytes(12)])


@pytest.mark.parametrize("top_k", [1, 12, 100])
def test_of_many_rows_the_same_are_found_as_by_comparing_all(
    make: Make, top_k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "SKETCHED_FROM", 1_000)
    matrix = sentences(6_000)
    made = make(matrix)
    assert len(made) == len(matrix)
    for query in sentences(20, seed=1):
        found = made.search(query.astype("<f4").tobytes(), top_k)
        best = np.sort(matrix @ query)[::-1][:top_k]
        assert [score for _, score in found] == pytest.approx(best.tolist(), abs=1e-5)
        assert all(score == pytest.approx(float(matrix[row] @ query), abs=1e-6) for row, score in found)
        assert len({row for row, _ in found}) == top_k


def test_equal_rows_come_in_order_among_many(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "SKETCHED_FROM", 100)
    matrix = np.concatenate([np.eye(64, dtype=np.float32)] * 20)
    assert make(matrix).search(np.eye(64, dtype="<f4")[5].tobytes(), 4) == [(5 + 64 * n, 1.0) for n in range(4)]


# The exact index


@given(seed=st.integers(0, 1000), dimensions=st.sampled_from([8, 150, 384]))
def test_a_sketch_never_says_less_than_there_is(seed: int, dimensions: int) -> None:
    matrix, queries = (
        sentences(300, seed=seed, dimensions=dimensions),
        sentences(5, seed=seed + 1, dimensions=dimensions),
    )
    sketch = Sketch.of(matrix)
    for query in queries:
        assert (sketch.at_most(query) >= matrix @ query).all()


def test_a_search_after_a_sketch_compares_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "SKETCHED_FROM", 1_000)
    exact = ExactIndex(sentences(6_000))
    rows = exact._possible(sentences(1, seed=1)[0], 12)
    assert rows is not None
    assert 12 <= len(rows) <= 6_000 / 16


def test_rows_that_a_sketch_cannot_tell_apart_are_all_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """In every direction alike: the bound lets too many through, and nothing is overlooked for it."""
    monkeypatch.setattr(index, "SKETCHED_FROM", 1_000)
    random = np.random.default_rng(0)
    matrix = random.standard_normal((2_000, 384), dtype=np.float32)
    exact, query = ExactIndex(matrix), random.standard_normal(384, dtype=np.float32)
    assert exact._possible(query, 5) is None
    assert [row for row, _ in exact.search(query.tobytes(), 5)] == np.argsort(-(matrix @ query))[:5].tolist()


# FAISS


def test_faiss_overlooks_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_index, "RESCORED", 100)  # of 20,000 as few as 500 are of 100,000
    matrix = sentences(20_000)
    exact, approximate = ExactIndex(matrix), FaissIndex(matrix)
    queries = [query.astype("<f4").tobytes() for query in sentences(50, seed=1)]
    same = [len(dict(exact.search(query, 10)).keys() & dict(approximate.search(query, 10)).keys()) for query in queries]
    assert sum(same) / (10 * len(queries)) >= 0.98


def test_many_rows_get_faiss_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "FAISS_FROM", 50)
    matrix = np.eye(64, dtype=np.float32)
    assert isinstance(indexes.index_of(matrix[:49]), ExactIndex)
    assert isinstance(indexes.index_of(matrix), FaissIndex)
    monkeypatch.setattr(indexes, "faiss_is_installed", lambda: False)
    assert isinstance(indexes.index_of(matrix), ExactIndex)
