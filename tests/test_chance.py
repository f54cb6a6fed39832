"""Randomness: nothing is handed out twice, also in a child of a fork."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from antiphon.chance import STOCK_BYTES, new_id, random_bytes


def test_an_id_is_a_uuid4_in_its_usual_form() -> None:
    ids = [new_id() for _ in range(5_000)]
    assert len(set(ids)) == len(ids)
    for given in ids:
        told = UUID(given)
        assert (str(told), told.version, told.variant) == (given, 4, "specified in RFC 4122")


def test_every_size_is_given_once() -> None:
    sizes = [1, 16, 32, 1000, STOCK_BYTES, 3 * STOCK_BYTES, 0]
    assert [len(random_bytes(size)) for size in sizes] == sizes
    drawn = [random_bytes(16) for _ in range(2_000)]
    assert len(set(drawn)) == len(drawn)


def test_threads_are_never_given_the_same() -> None:
    with ThreadPoolExecutor(8) as threads:
        drawn = [one for part in threads.map(lambda _: [new_id() for _ in range(2_000)], range(8)) for one in part]
    assert len(set(drawn)) == len(drawn)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_draws_its_own() -> None:
    random_bytes(16)
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the runner has threads; this child needs none of them
        child = os.fork()
    if child == 0:
        os.write(writing, random_bytes(64))
        os._exit(0)
    os.waitpid(child, 0)
    of_child = os.read(reading, 64)
    assert len(of_child) == 64
    assert of_child != random_bytes(64)
