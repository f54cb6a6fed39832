"""The knowledge base of one pack: its files, searched and answered from."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from antiphon.core.errors import KnowledgeBroken, KnowledgeIndexing
from antiphon.core.names import PackName, Vector
from antiphon.core.pack import KnowledgeDef
from antiphon.core.passage import Answer, Found
from antiphon.core.question import leans_back
from antiphon.knowledge.answers import Candidate, band, choose, needs_choosing, sure, unsure
from antiphon.knowledge.encoding import Encoding, Vectors
from antiphon.knowledge.evidence import Evidence
from antiphon.knowledge.index import Floats, Index
from antiphon.knowledge.indexes import index_of
from antiphon.knowledge.kin import Kin
from antiphon.knowledge.piece import Piece
from antiphon.knowledge.rare import Rarity, identifiers
from antiphon.knowledge.reading import FEW, Marks, marks, read
from antiphon.knowledge.sentences import sentences
from antiphon.knowledge.words import content_words
from antiphon.ports import Encoder, TextSearch

AT_ONCE = 200_000  # bytes of files; as much as 900 passages, which take a second or two the first time
_INLINE_ROWS = 5_000  # a search of so many takes 0.2 ms; a thread would cost as much
_CONSIDERED = 12  # passages that an answer is chosen among
_REMEMBERED = 1024  # answers given lately: people ask the same things
_TOLD = 5  # of them, those that an answer names as considered
_WITHOUT_IDENTIFIER = 0.8  # the most that a passage scores when another holds the identifier asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class _Loaded:
    """Everything that one reading of the files gave; replaced as a whole."""

    pieces: tuple[Piece, ...]
    owners: tuple[int, ...]  # of each row of the index, the place of its piece
    places: dict[str, int]  # of each passage id, the place of its piece
    rows_each: int  # the most rows that a piece has
    index: Index
    rarity: Rarity
    evidence: Evidence
    answers: OrderedDict[tuple[str, str | None], Answer] = field(default_factory=OrderedDict)  # given lately
    kin: Kin


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shelf:
    """Pieces, and the texts of theirs that get a vector."""

    pieces: tuple[Piece, ...]
    texts: tuple[str, ...]
    owners: tuple[int, ...]  # of each text, the place of its piece

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> "_Shelf":
        """Every cue of few pieces, and of many the first alone."""
        cues = [piece.cues if len(pieces) <= FEW else piece.cues[:1] for piece in pieces]
        return cls(
            pieces=tuple(pieces),
            texts=tuple(cue for own in cues for cue in own),
            owners=tuple(place for place, own in enumerate(cues) for _ in own),
        )


class KnowledgeBase:
    """A `ports.Knowledge` over files: dense retrieval, full-text search for rare identifiers, extractive answers."""

    def __init__(
        self,
        pack_name: PackName,
        folder: Path,
        definition: KnowledgeDef,
        encoder: Encoder,
        text_search: TextSearch,
        vectors: Vectors,
    ) -> None:
        self._pack_name = pack_name
        self._folder = folder
        self._definition = definition
        self._encoder = encoder
        self._text_search = text_search
        self._vectors = vectors
        self._loading = asyncio.Lock()
        self._marks: Marks | None = None
        self._loaded: _Loaded | None = None
        self._broken: str | None = None
        self._encoding: Encoding | None = None

    @property
    def broken(self) -> str | None:
        """Which file cannot be read, where and why; None when all is well."""
        return self._broken

    @property
    def loaded(self) -> bool:
        """Whether the index can be searched."""
        return self._loaded is not None

    @property
    def indexing(self) -> tuple[int, int] | None:
        """How many passages are ready, of how many, while files are being read; None when nothing is."""
        if self._encoding is None:
            return None
        return self._encoding.done, self._encoding.total

    async def load_if_small(self) -> bool:
        """Load what takes no time to speak of, so that it is there at once; whether that was done.

        What is large waits for `reload_if_changed`, beside everything else. Until then, and until that is done,
        questions are refused: an answer from half of the files would be a wrong "I do not know".

        Raises:
            StoreUnavailable: the text search could not be written.
        """
        found = await asyncio.to_thread(marks, self._folder, self._definition.files)
        if sum(size for _, size, _, _ in found) <= AT_ONCE:
            await self.load()
            return True
        self._encoding = Encoding(total=0)
        return False

    async def load(self) -> None:
        """Read the files and make them searchable. A file that cannot be read is told by `broken`, not raised.

        Raises:
            StoreUnavailable: the text search could not be written.
        """
        async with self._loading:
            await self._load()

    async def reload_if_changed(self) -> bool:
        """Load again when a file was written, added or removed since; whether it was. A stat a file when nothing was.

        What was loaded before answers until all is ready, and only texts that nobody has seen are encoded. When this
        is cancelled, or the process ends, what was encoded so far is remembered.

        Raises:
            StoreUnavailable: as above.
        """
        async with self._loading:
            if await asyncio.to_thread(marks, self._folder, self._definition.files) == self._marks:
                return False
            await self._load()
            return True

    async def retrieve(self, query: str, *, top_k: int = 3) -> tuple[Found, ...]:
        """The best passages, best first; scores are cosines from 0 to 1, or what an identifier makes of them.

        Raises:
            KnowledgeBroken: a file is missing or cannot be read.
            KnowledgeIndexing: the files are being read for the first time.
        """
        loaded = self._ready()
        best = await self._search(loaded, await self._encoder.encode(query), query, top_k)
        return tuple(Found(passage=loaded.pieces[place].passage, score=score) for place, score in best)

    async def answer(self, question: str, *, context: str | None = None, said: str | None = None) -> Answer:
        """An answer from the passages. `context` counts only when the question leans on it.

        `said` is the reply before: with it, "the other one" is known.

        The scores of what was considered are strengths: similarity, and the evidence of the question's words. They
        are what `answer_at` and `suggest_at` are compared with.

        Raises:
            KnowledgeBroken: a file is missing or cannot be read.
        """
        loaded = self._ready()
        if context and (meant := loaded.kin.resolved(question, context, said)):
            question, context = meant, None
        known = loaded.answers.get((question, context))
        if known is None:
            known = loaded.answers[question, context] = await self._answer(loaded, question, context)
            if len(loaded.answers) > _REMEMBERED:
                loaded.answers.popitem(last=False)
        return known

    async def _answer(self, loaded: _Loaded, question: str, context: str | None) -> Answer:
        words = content_words(question)
        alone = await self._encoder.encode(question)
        candidates, asked = await self._candidates(loaded, alone, words, question), question
        if context and leans_back(question) and (not words or loaded.evidence.knows(words)):
            joined = f"{context} {question}"
            vector = await self._encoder.encode(joined)
            # The joined question is near whatever answered the one before; half of each finds what the two share.
            vector = _between(alone, vector) if words else vector
            named_in = question if loaded.rarity.rare(question) else joined
            together = await self._candidates(loaded, vector, words, named_in)
            if not words or _strength(together) >= _strength(candidates):
                candidates, asked = together, joined
        sure_enough = band(_strength(candidates), self._definition) == "answer"
        if not sure_enough or loaded.rarity.unknown(question):
            return unsure(candidates[:_TOLD], self._definition)
        return sure(candidates[:_TOLD], await self._text(candidates[0].piece, asked))

    async def _load(self) -> None:
        files = self._definition.files
        # Taken before the reading, so that a file written meanwhile is read again; kept after it, so that what fails
        # for another reason, say a store that is away, is tried again.
        marked = await asyncio.to_thread(marks, self._folder, files)
        try:
            pieces = await asyncio.to_thread(read, self._folder, files)
        except KnowledgeBroken as error:
            self._loaded, self._broken, self._marks, self._encoding = None, str(error.reason), marked, None
            return
        shelf = _Shelf.of(pieces)
        self._encoding = Encoding(total=len(pieces))
        try:
            matrix = await self._encoding.run(self._pack_name, shelf.texts, shelf.owners, self._vectors)
            await self._text_search.index(self._pack_name, [piece.passage for piece in pieces])
            loaded = await asyncio.to_thread(_prepared, shelf, matrix)
        finally:
            self._encoding = None
        self._loaded, self._broken, self._marks = loaded, None, marked

    def _ready(self) -> _Loaded:
        if self._loaded is not None:
            return self._loaded
        if self._encoding is not None and self._broken is None:
            raise KnowledgeIndexing(progress=str(self._encoding))
        raise KnowledgeBroken(reason=self._broken or "it has not been loaded yet")

    async def _candidates(
        self, loaded: _Loaded, vector: Vector, words: frozenset[str], named_in: str
    ) -> list[Candidate]:
        """What is near a vector, by how surely it answers a question of these words."""
        candidates = [
            Candidate(
                piece=loaded.pieces[place],
                strength=loaded.evidence.strength(score, words, loaded.pieces[place]),
            )
            for place, score in await self._search(loaded, vector, named_in, _CONSIDERED)
        ]
        return sorted(candidates, key=lambda candidate: -candidate.strength)

    async def _search(self, loaded: _Loaded, vector: Vector, named_in: str, top_k: int) -> list[tuple[int, float]]:
        """Places and scores of the best pieces: by similarity, unless the text names something rare."""
        best = await self._nearest(loaded, vector, top_k)
        rare = loaded.rarity.rare(named_in)
        if not rare:
            return best
        written = [form for forms in rare.values() for form in forms]
        hits = await self._text_search.search(self._pack_name, written, top_k + len(best))
        return _with_identifiers(loaded, best, [id_ for id_, _ in hits], frozenset(rare))[:top_k]

    async def _nearest(self, loaded: _Loaded, vector: Vector, top_k: int) -> list[tuple[int, float]]:
        # Rows of one piece may be neighbours: so many rows hold at least `top_k` pieces.
        rows = top_k * loaded.rows_each
        if len(loaded.index) > _INLINE_ROWS:
            hits = await asyncio.to_thread(loaded.index.search, vector, rows)
        else:
            hits = loaded.index.search(vector, rows)
        best: dict[int, float] = {}
        for row, cosine in hits:
            best.setdefault(loaded.owners[row], min(max(cosine, 0.0), 1.0))
        return list(best.items())[:top_k]

    async def _text(self, piece: Piece, question: str) -> str:
        if not needs_choosing(piece):
            return piece.passage.text
        said = sentences(piece.passage.text)
        asked = np.frombuffer(await self._encoder.encode(question), dtype="<f4")
        # A passage has a dozen sentences at most, and the encoder remembers them.
        vectors = [np.frombuffer(await self._encoder.encode(sentence), dtype="<f4") for sentence in said]
        return choose(question, said, [float(asked @ vector) for vector in vectors])


def _prepared(shelf: _Shelf, matrix: Floats) -> _Loaded:
    pieces = shelf.pieces
    return _Loaded(
        pieces=pieces,
        owners=shelf.owners,
        places={piece.passage.id: place for place, piece in enumerate(pieces)},
        rows_each=max(Counter(shelf.owners).values(), default=1),
        index=index_of(matrix),
        rarity=Rarity(piece.passage.content for piece in pieces),
        evidence=Evidence(pieces),
        kin=Kin(pieces),
    )


def _with_identifiers(
    loaded: _Loaded, best: list[tuple[int, float]], hits: Sequence[str], rare: frozenset[str]
) -> list[tuple[int, float]]:
    """What similarity found with what the text search found: whoever holds the identifier comes first."""
    cosines = dict(best)
    scores = {place: min(cosine, _WITHOUT_IDENTIFIER) for place, cosine in best}
    for id_ in hits:
        place = loaded.places.get(id_)
        if place is None:
            continue  # the text search is of another process's reading
        # A text search splits words in its own way ("E", "4012"); only who holds the whole one counts.
        share = len(rare & identifiers(loaded.pieces[place].passage.content)) / len(rare)
        if share:
            scores[place] = _WITHOUT_IDENTIFIER + 0.1 * share + 0.1 * cosines.get(place, 0.0)
    return sorted(scores.items(), key=lambda item: -item[1])


def _between(one: Vector, other: Vector) -> Vector:
    """The direction between two: as near to the one as to the other."""
    middle = np.frombuffer(one, dtype="<f4") + np.frombuffer(other, dtype="<f4")
    unit: NDArray[np.float32] = middle / max(float(np.linalg.norm(middle)), 1e-9)
    return unit.astype("<f4").tobytes()


def _strength(candidates: Sequence[Candidate]) -> float:
    return candidates[0].strength if candidates else 0.0
