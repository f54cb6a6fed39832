"""Running what a command asks for: an expected failure becomes its message and exit status 1."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from antiphon.cli.screen import fail
from antiphon.core.errors import AntiphonError

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine in a loop of its own."""
    try:
        return asyncio.run(work)
    except AntiphonError as error:
        fail(str(error))
