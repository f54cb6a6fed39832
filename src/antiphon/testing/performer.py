"""A performer that does nothing and remembers what it was asked to do."""

from collections.abc import Iterable

from antiphon.core.effect import Attempted, KeptEffect


class RecordingPerformer:
    """`ports.Performer` with scripted outcomes, one for each attempt in turn; after the last, all succeed.

    An exception among them is raised: the engine takes it for an unknown outcome. `attempts` lists effects
    as they were when they were tried.
    """

    def __init__(self, outcomes: Iterable[Attempted | Exception] = ()) -> None:
        self._outcomes = iter(outcomes)
        self.attempts: list[KeptEffect] = []

    @property
    def keys(self) -> list[str]:
        """The keys of the attempts, in order: what the other side would have seen."""
        return [kept.key for kept in self.attempts]

    async def perform(self, effect: KeptEffect) -> Attempted:
        """The next scripted outcome."""
        self.attempts.append(effect)
        outcome = next(self._outcomes, Attempted(outcome="done"))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome
