"""Text search in memory: words as they are written, without regard to case."""

import math
import re
from collections.abc import Sequence

from antiphon.core.names import PackName
from antiphon.core.passage import Passage
from antiphon.testing.tables import MemoryPart


class MemoryTextSearch(MemoryPart):
    """`ports.TextSearch` of one tenant."""

    async def index(self, pack: PackName, passages: Sequence[Passage]) -> None:
        """See `ports.TextSearch`."""
        self._tables.check_open()
        self._tables.passages[pack] = {passage.id: _spaced(passage.content) for passage in passages}

    async def search(self, pack: PackName, words: Sequence[str], limit: int) -> list[tuple[str, float]]:
        """See `ports.TextSearch`. A rare word counts for more; one with a hyphen is a phrase of its parts."""
        self._tables.check_open()
        contents = self._tables.passages.get(pack, {})
        ranks: dict[str, float] = {}
        for word in dict.fromkeys(map(_spaced, words)):
            holding = [passage_id for passage_id, content in contents.items() if word.strip() and word in content]
            for passage_id in holding:
                rarity = math.log1p(len(contents) / len(holding))
                ranks[passage_id] = ranks.get(passage_id, 0.0) + rarity
        return sorted(ranks.items(), key=lambda found: (-found[1], found[0]))[:limit]


def _spaced(text: str) -> str:
    """The words of a text, each between spaces, so that whole words can be looked for as a substring."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return f" {' '.join(words)} "
