"""How a store runs a query, whatever its database."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from antiphon.storage.codec import Row

T = TypeVar("T")


class Select(Protocol):
    """How a store runs a query of its tenant."""

    async def __call__(self, of: Callable[[Row], T], query: str, /, **values: Any) -> list[T]:
        """Each row as `of` makes it."""
        ...
