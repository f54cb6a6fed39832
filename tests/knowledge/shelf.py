"""A pack's folder with knowledge files in it, and the base that reads them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from antiphon.core.names import PackName, Vector
from antiphon.core.pack import KnowledgeDef
from antiphon.core.passage import Passage
from antiphon.knowledge import KnowledgeBase
from antiphon.ports import Encoder, TextSearch
from antiphon.testing import MemoryStores, SettableClock, WordEncoder

PACK = "autostream"

AUTOSTREAM = {
    "company": {
        "name": "AutoStream",
        "description": "AutoStream is an automated video editing platform for content creators.",
        "headquarters": "Austin, Texas",
        "support_email": "support@autostream.example",
    },
    "plans": [
        {"name": "Basic", "price": "$29/month", "videos": "10 videos per month", "resolution": "720p"},
        {
            "name": "Pro",
            "price": "$79/month",
            "videos": "Unlimited videos",
            "resolution": "4K",
            "features": ["AI captions", "24/7 support"],
        },
    ],
    "features": ["AI captions", "Automatic cuts", "Templates"],
    "policies": {
        "refund": "No refunds after 7 days. Within 7 days you get your money back in full.",
        "support": "24/7 support is available on the Pro plan only.",
    },
    "faqs": [
        {"question": "Do you have a free trial?", "answer": "Yes. Try AutoStream for 7 days, without a credit card."},
        {"question": "How do I cancel my subscription?", "answer": "Open Settings > Billing and choose Cancel plan."},
        {"question": "What does error E-4012 mean?", "answer": "Your card was declined. Ask your bank."},
        {"question": "What does error E-5107 mean?", "answer": "The upload was interrupted. Upload it again."},
        {"question": "Is there a mobile app?", "answer": "Yes, for iOS 16 and Android 12 or later."},
        {"question": "Which payment methods do you accept?", "answer": "We accept Visa, Mastercard and PayPal."},
    ],
}


class SpiedTextSearch:
    """A text search that notes what it is asked."""

    def __init__(self, inner: TextSearch) -> None:
        self._inner = inner
        self.searched: list[list[str]] = []
        self.indexed: list[list[str]] = []

    async def index(self, pack: PackName, passages: Sequence[Passage]) -> None:
        self.indexed.append([passage.id for passage in passages])
        await self._inner.index(pack, passages)

    async def search(self, pack: PackName, words: Sequence[str], limit: int) -> list[tuple[str, float]]:
        self.searched.append(list(words))
        return await self._inner.search(pack, words, limit)


@dataclass(kw_only=True)
class Shelf:
    """Where a test puts its files."""

    folder: Path
    encoder: Encoder = field(default_factory=lambda: WordEncoder(1024))
    text_search: SpiedTextSearch = field(
        default_factory=lambda: SpiedTextSearch(MemoryStores(clock=SettableClock()).tenant())
    )

    def put(self, name: str, content: str | bytes | Any) -> Path:
        """Write a file below `knowledge/`: text and bytes as they are, anything else as JSON."""
        file = self.folder / "knowledge" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, str | bytes):
            content = json.dumps(content, indent=2)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def base(self, *globs: str, answer_at: float = 0.45, suggest_at: float = 0.3) -> KnowledgeBase:
        """A base that has not been loaded."""
        return KnowledgeBase(
            PACK,
            self.folder,
            KnowledgeDef(files=globs, answer_at=answer_at, suggest_at=suggest_at),
            self.encoder,
            self.text_search,
            self._vectors,
        )

    async def loaded(self, *globs: str, answer_at: float = 0.45, suggest_at: float = 0.3) -> KnowledgeBase:
        """A base that has been loaded; by default everything in `knowledge/`."""
        base = self.base(*(globs or ("knowledge/*",)), answer_at=answer_at, suggest_at=suggest_at)
        await base.load()
        return base

    async def _vectors(self, texts: Sequence[str]) -> list[Vector]:
        return [await self.encoder.encode(text) for text in texts]
