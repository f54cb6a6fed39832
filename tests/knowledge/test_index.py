"""The index, against a model that sorts everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.knowledge.index import ExactIndex

_SMALL = st.integers(-3, 3).map(float)  # few values, so that ties are common and sums are exact


@given(st.data())
def test_the_best_rows_come_first_and_ties_in_order(data: st.DataObject) -> None:
    dimensions = data.draw(st.integers(1, 4))
    row = st.lists(_SMALL, min_size=dimensions, max_size=dimensions)
    rows = data.draw(st.lists(row, max_size=30))
    query = data.draw(row)
    top_k = data.draw(st.integers(-1, 35))

    found = ExactIndex([np.array(one, dtype="<f4").tobytes() for one in rows]).search(
        np.array(query, dtype="<f4").tobytes(), top_k
    )

    scores = [sum(a * b for a, b in zip(one, query, strict=True)) for one in rows]
    expected = sorted(enumerate(scores), key=lambda hit: (-hit[1], hit[0]))[: max(top_k, 0)]
    assert found == expected


def test_an_empty_index_finds_nothing() -> None:
    assert len(ExactIndex([])) == 0
    assert ExactIndex([]).search(np.ones(3, dtype="<f4").tobytes(), 3) == []


def test_rows_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same number of dimensions"):
        ExactIndex([bytes(8), bytes(12)])
