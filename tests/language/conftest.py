"""One encoder for all tests here: loading it takes 0.3 s."""

from collections.abc import Iterator

import pytest

from antiphon.language.encoder import OnnxEncoder


@pytest.fixture(scope="session")
def encoder() -> Iterator[OnnxEncoder]:
    encoder = OnnxEncoder()
    yield encoder
    encoder.close()
