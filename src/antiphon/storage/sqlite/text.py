"""Full-text search on SQLite (FTS5): passages by the words that they hold.

A passage has the same rowid in both tables: FTS5 finds a row by its rowid, and by nothing else that is not text.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from antiphon.core.names import PackName, Tenant
from antiphon.core.passage import Passage

BATCH = 500  # passages written in one transaction: some 10 ms, for which turns wait


@dataclass(frozen=True, kw_only=True, slots=True)
class Differences:
    """What has to be written so that exactly the wanted passages are searchable."""

    gone: tuple[int, ...]  # rowids
    fresh: tuple[Passage, ...]

    def batches(self) -> Iterator["Differences"]:
        """The same in parts of at most `BATCH`; what is gone goes first, since what replaces it has the same id."""
        for start in range(0, len(self.gone), BATCH):
            yield Differences(gone=self.gone[start : start + BATCH], fresh=())
        for start in range(0, len(self.fresh), BATCH):
            yield Differences(gone=(), fresh=self.fresh[start : start + BATCH])


def differences(db: sqlite3.Connection, tenant: Tenant, pack: PackName, wanted: Sequence[Passage]) -> Differences:
    """Compare what is searchable with what should be."""
    missing = {passage.id: passage for passage in wanted}
    gone = []
    for row in db.execute(
        "SELECT rowid, id, source, title, text FROM passages WHERE tenant = ? AND pack = ?", (tenant, pack)
    ):
        stored = Passage(id=row["id"], source=row["source"], title=row["title"], text=row["text"])
        if missing.get(stored.id) == stored:
            del missing[stored.id]
        else:
            gone.append(row["rowid"])
    return Differences(gone=tuple(gone), fresh=tuple(missing.values()))


def write(db: sqlite3.Connection, tenant: Tenant, pack: PackName, changes: Differences) -> None:
    """Write some of the differences."""
    for table in ("passages", "passages_text"):
        db.executemany(f"DELETE FROM {table} WHERE rowid = ?", [(rowid,) for rowid in changes.gone])  # noqa: S608 - ours
    for passage in changes.fresh:
        rowid = db.execute(
            "INSERT INTO passages (tenant, pack, id, source, title, text) VALUES (?, ?, ?, ?, ?, ?)",
            (tenant, pack, passage.id, passage.source, passage.title, passage.text),
        ).lastrowid
        db.execute(
            "INSERT INTO passages_text (rowid, tenant, pack, id, content) VALUES (?, ?, ?, ?, ?)",
            (rowid, tenant, pack, passage.id, passage.content),
        )


def search(
    db: sqlite3.Connection, tenant: Tenant, pack: PackName, words: Sequence[str], limit: int
) -> list[tuple[str, float]]:
    """Ids of passages that hold any of the words, with a rank (BM25, higher is better)."""
    if not words:
        return []
    # Each word is a quoted phrase: nothing that a person writes is an operator of the query language.
    query = " OR ".join('"' + word.replace('"', '""') + '"' for word in words)
    rows = db.execute(
        "SELECT id, -bm25(passages_text) AS rank FROM passages_text"
        " WHERE passages_text MATCH ? AND tenant = ? AND pack = ? ORDER BY rank DESC, id LIMIT ?",
        (query, tenant, pack, limit),
    )
    return [(row["id"], row["rank"]) for row in rows]
