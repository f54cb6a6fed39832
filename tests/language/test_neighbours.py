import numpy as np
import pytest

from antiphon.language import neighbours
from antiphon.language.neighbours import Neighbours


def test_the_nearest_of_each_intent() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    found = Neighbours.among(vectors, np.array([1, 0, 1]), classes=2)
    near = found.nearest(np.array([[1, 0], [0, 1]], dtype=np.float32))
    assert near == pytest.approx(np.array([[0, 1], [1, 0.8]]))


def test_of_many_the_most_different_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "KEPT", 4)
    angles = np.array([0, 0.01, 0.02, 1.5, 0.03, 0.04, 3.0], dtype=np.float32)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = Neighbours.among(np.tile(vectors, (2, 1)), np.repeat([0, 1], 7), classes=2)
    assert len(found.vectors) == 4
    assert found.nearest(vectors[-1:])[0] == pytest.approx([1, 1], abs=1e-5)
