"""Understanding, models and knowledge."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol, TypeAlias

from antiphon.core.intent import Understanding
from antiphon.core.model import Drafted, ModelCall, ModelName, Prompt, Purpose, ShapedAnswer
from antiphon.core.names import (
    Vector,
)
from antiphon.core.passage import Answer, Found
from antiphon.core.scale import Grade


class Encoder(Protocol):
    """Sentences to vectors, one at a time."""

    async def encode(self, text: str) -> Vector:
        """The vector of one sentence; the same whatever runs beside it."""
        ...


class Classifier(Protocol):
    """What a message means among a pack's intents."""

    async def classify(
        self, text: str, *, allowed: frozenset[str] | None = None, parts: Sequence[str] = ()
    ) -> Understanding:
        """The understanding of one message, among the allowed intents when given.

        `parts` are the telling ones of a long text, for whoever understands short ones better; left out: the text.
        """
        ...


class Scales(Protocol):
    """What a message says on a pack's scales: how severe, how soon, how sensitive."""

    async def judge(self, scale: str, text: str, *, gist: str) -> Grade:
        """The level of one message on one scale; `gist` is what `text` is about, in few words.

        Raises:
            ScaleUnavailable: it cannot be judged at the moment.
        """
        ...


class Model(Protocol):
    """A language model, with its patience and its limits: what it raises is final."""

    @property
    def name(self) -> ModelName:
        """As packs and steps name it, such as `ollama:llama3`."""
        ...

    async def ask(self, prompt: Prompt, schema: type[ShapedAnswer], *, purpose: Purpose) -> ShapedAnswer:
        """An answer of that shape. One that is not is repaired once.

        Raises:
            ModelUnavailable: there is none; the message says why, without anything that the provider said.
            ModelAnswerMalformed: it has another shape, also when asked again; one of the former's kind.
        """
        ...

    async def write(self, prompt: Prompt, *, purpose: Purpose) -> str:
        """A text that has come to its end.

        Raises:
            ModelUnavailable: as above.
        """
        ...

    def stream(self, prompt: Prompt, *, purpose: Purpose) -> AsyncGenerator[str, None]:
        """The same, piece by piece as it is written; close it (`aclosing`) when you stop in between.

        Pieces that came before an error are no answer.

        Raises:
            ModelUnavailable: as above, before the first piece or between two.
        """
        ...


OnCall: TypeAlias = Callable[[ModelCall], None]  # a model was asked, or somebody stepped in; must not block


class Drafter(Protocol):
    """Who words an answer from the passages that were found."""

    async def draft(self, question: str, answer: Answer, *, said: str | None = None) -> Drafted:
        """The words for a sure answer; `said` is the reply before. It never fails: the sentences found are there."""
        ...


class ModelServer(Protocol):
    """A model server of one's own, as health shows it."""

    async def reachable(self) -> bool | None:
        """Whether it answers; None when none is configured. Known for a few seconds, and never waits long."""
        ...


class Knowledge(Protocol):
    """A pack's knowledge base."""

    async def retrieve(self, query: str, *, top_k: int = 3) -> tuple[Found, ...]:
        """The best passages, best first.

        Raises:
            KnowledgeBroken: a file is missing or cannot be read; the message says which and where.
            KnowledgeIndexing: the files are being read for the first time; one of the former's kind.
        """
        ...

    async def answer(self, question: str, *, context: str | None = None, said: str | None = None) -> Answer:
        """An answer from the passages; `context` is the question before, when this one leans on it, `said` the reply.

        Raises:
            KnowledgeBroken: as above.
        """
        ...

    @property
    def broken(self) -> str | None:
        """Which file cannot be read, where and why; None when all is well."""
        ...

    @property
    def loaded(self) -> bool:
        """Whether the index can be searched."""
        ...

    @property
    def indexing(self) -> tuple[int, int] | None:
        """How many passages are ready, of how many, while files are being read; None when nothing is."""
        ...
