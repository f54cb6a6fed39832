"""Knowledge that is fixed beforehand."""

from collections.abc import Mapping

from antiphon.core.errors import KnowledgeBroken
from antiphon.core.passage import Answer, Found

NOTHING_KNOWN = Answer(band="dont_know", text="", found=())


class FixedKnowledge:
    """`ports.Knowledge` with an answer for each known question; `asked` lists questions and contexts."""

    def __init__(self, answers: Mapping[str, Answer] | None = None, default: Answer = NOTHING_KNOWN) -> None:
        self._answers = dict(answers or {})
        self._default = default
        self._reason: str | None = None
        self.asked: list[tuple[str, str | None]] = []

    def break_down(self, reason: str) -> None:
        """Behave as if a file could not be read, until `mend`."""
        self._reason = reason

    def mend(self) -> None:
        """Answer again."""
        self._reason = None

    @property
    def broken(self) -> str | None:
        """Why nothing can be read, or None."""
        return self._reason

    @property
    def loaded(self) -> bool:
        """Whether it answers: unless it was broken."""
        return self._reason is None

    @property
    def indexing(self) -> tuple[int, int] | None:
        """Nothing is ever being read."""
        return None

    async def retrieve(self, query: str, *, top_k: int = 3) -> tuple[Found, ...]:
        """What was found for the answer to this very question, best first.

        Raises:
            KnowledgeBroken: it was broken.
        """
        self._check_loaded()
        return self._answers.get(query, self._default).found[:top_k]

    async def answer(self, question: str, *, context: str | None = None, said: str | None = None) -> Answer:
        """The answer to this very question, or the default.

        Raises:
            KnowledgeBroken: it was broken.
        """
        del said  # every answer is fixed
        self.asked.append((question, context))
        self._check_loaded()
        return self._answers.get(question, self._default)

    def _check_loaded(self) -> None:
        if self._reason is not None:
            raise KnowledgeBroken(reason=self._reason)
