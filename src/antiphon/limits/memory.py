"""Limits within one process."""

from limits.aio.storage import MemoryStorage

from antiphon.limits.window import WindowLimiter


class MemoryLimiter(WindowLimiter):
    """`ports.Limiter` of one process; it keeps a number for each key, until its window ends."""

    def __init__(self) -> None:
        super().__init__(MemoryStorage())
