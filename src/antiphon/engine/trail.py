"""A trail that nobody follows: for an engine whose work is not watched."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from antiphon.core.names import Facts, PackName, RunId
from antiphon.ports import Trail


class NoTrail:
    """`ports.Trail` that leaves none."""

    def origin(self) -> Facts:
        """Nothing is known of the request."""
        return {}

    def brought(self, run_id: RunId) -> None:
        """Nobody is told."""

    def turn(self, pack: PackName, run_id: RunId, origins: Sequence[Facts]) -> AbstractContextManager[object]:  # noqa: ARG002
        """Nothing happens around the work."""
        return nullcontext()


NO_TRAIL: Trail = NoTrail()
